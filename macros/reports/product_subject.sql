{% macro product_subject() -%}
    coalesce(product_name, product_id) || coalesce(' (' || sku || ')', '')
{%- endmacro %}
