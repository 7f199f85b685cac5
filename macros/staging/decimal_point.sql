{% macro decimal_point(column) -%}
    replace(replace({{ column }}, '.', ''), ',', '.')
{%- endmacro %}
