{% macro percent_text(rate) -%}
    cast(cast({{ rate }} * 100 as decimal(9, 1)) as varchar) || ' %'
{%- endmacro %}
