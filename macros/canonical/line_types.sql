{% macro line_types() %}
    {%- do return([
        'goods', 'gift_card', 'shipping', 'fee', 'discount', 'adjustment'
    ]) -%}
{% endmacro %}
