{% macro other_columns(rows, standing) %}
    {%- set columns = 'select column_name, column_type from (describe ' -%}
    {%- do return(run_query(
        'select distinct column_name from ('
        ~ '(' ~ columns ~ rows ~ ') except ' ~ columns ~ standing ~ '))'
        ~ ' union all (' ~ columns ~ standing ~ ') except ' ~ columns ~ rows ~ ')))'
    ).columns[0].values() | list) -%}
{% endmacro %}
