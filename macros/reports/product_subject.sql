{% macro product_subject(product) -%}
    coalesce({{ product }}.product_name, {{ product }}.product_id)
    || coalesce(' (' || {{ product }}.sku || ')', '')
{%- endmacro %}
