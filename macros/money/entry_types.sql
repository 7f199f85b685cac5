{% macro entry_types() %}
    {%- do return([
        {'entry_type': 'sale', 'sales_measure': 'gross_sales'},
        {'entry_type': 'discount', 'sales_measure': 'discounts'},
        {'entry_type': 'refund', 'sales_measure': 'returns'},
        {'entry_type': 'shipping', 'sales_measure': 'shipping'},
        {'entry_type': 'refund_shipping', 'sales_measure': 'shipping'},
        {'entry_type': 'tax', 'sales_measure': 'tax'},
        {'entry_type': 'refund_tax', 'sales_measure': 'tax'},
        {'entry_type': 'fee', 'sales_measure': 'fees'},
        {'entry_type': 'adjustment', 'sales_measure': 'adjustments'},
        {'entry_type': 'difference', 'sales_measure': 'adjustments'},
        {'entry_type': 'gift_card', 'sales_measure': 'gift_cards'},
    ]) -%}
{% endmacro %}
