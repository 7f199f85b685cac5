{% macro logged_columns() %}
    {%- do return(
        run_query(
            "select column_name"
            ~ " from duckdb_columns()"
            ~ " where database_name = current_database()"
            ~ " and schema_name = 'changes'"
            ~ " and table_name = '" ~ model.name ~ "'"
            ~ " and column_name <> 'sequence'"
            ~ " order by column_index"
        ).columns[0].values() | list
    ) -%}
{% endmacro %}
