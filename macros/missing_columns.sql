{% macro missing_columns(staged, united) %}
    {%- set existing = adapter.get_columns_in_relation(staged)
        | map(attribute='name') | map('lower') | list -%}
    {%- set missing = [] -%}
    {%- for column in united.columns.values() -%}
        {%- if existing and column.name not in existing + ['source_name'] -%}
            {%- do missing.append(column.name) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(missing) -%}
{% endmacro %}
