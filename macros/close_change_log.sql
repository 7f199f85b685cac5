{% macro close_change_log() %}
    {%- if execute and model.config.meta.logs
        and model.config.materialized == 'table' -%}
        {%- set opened = run_query(
            "select count(*) from duckdb_tables()"
            ~ " where schema_name = 'changes' and table_name = '"
            ~ model.name ~ "'"
        ).rows[0][0] -%}
        {%- if opened -%}
            {{ note_changes(this) }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
