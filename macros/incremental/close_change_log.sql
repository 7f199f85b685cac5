{% macro close_change_log() %}
    {%- if keeps_change_log() -%}
        {%- if not logged_columns() -%}
            {{ create_change_log() }}
        {%- elif model.config.materialized == 'table' -%}
            {{ note_changes(this) }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
