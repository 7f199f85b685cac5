{% macro refuse_other_columns(rows) %}
    {%- set other = run_query(
        "select column_name from (describe " ~ rows ~ ")"
        ~ " where (column_name, column_type) not in"
        ~ " (select column_name, column_type from (describe " ~ this ~ "))"
    ).columns[0].values() | list -%}
    {%- if other -%}
        {%- do exceptions.raise_compiler_error(
            model.name ~ ' now has other columns, or of other types: '
            ~ other | join(', ') ~ '. Build it anew: dbt build --full-refresh -s '
            ~ model.name
        ) -%}
    {%- endif -%}
{% endmacro %}
