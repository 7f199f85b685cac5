{% macro close_change_log() %}
    {%- set columns = model.config.meta.logs -%}
    {%- if execute and columns
        and model.config.materialized in ['table', 'incremental'] -%}
        {%- set opened = run_query(
            "select count(*) from duckdb_tables()"
            ~ " where schema_name = 'changes' and table_name = '"
            ~ model.name ~ "'"
        ).rows[0][0] -%}
        {%- if not opened -%}
            {{ create_change_log() }}
        {%- elif model.config.materialized == 'table' -%}
            {{ note_changes(this) }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
