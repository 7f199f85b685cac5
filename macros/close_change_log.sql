{% macro close_change_log() %}
    {%- if execute and model.config.meta.logs and target.type == 'duckdb'
        and model.config.materialized in ['table', 'incremental'] -%}
        {%- if not logged_columns() -%}
            {{ create_change_log() }}
        {%- elif model.config.materialized == 'table' -%}
            {{ note_changes(this) }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
