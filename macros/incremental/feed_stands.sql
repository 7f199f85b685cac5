{% macro feed_stands(columns) %}
    {#- It is begun anew where a follower names another column. -#}
    {%- set standing = run_query(
        "select column_name from duckdb_columns()"
        ~ " where database_name = current_database() and schema_name = 'changes'"
        ~ " and table_name = '" ~ model.name ~ "' order by column_index"
    ).columns[0].values() | list -%}
    {%- do return(
        columns and standing == (columns.values() | list) + ['rows_count', 'sequence']
    ) -%}
{% endmacro %}
