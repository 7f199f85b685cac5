{% macro sales_amounts() %}
    {%- do return([
        'gross_sales_amount', 'discount_amount', 'returns_amount',
        'net_sales_amount', 'shipping_amount', 'tax_amount', 'fee_amount',
        'adjustment_amount', 'total_sales_amount', 'gift_card_amount',
    ]) -%}
{% endmacro %}
