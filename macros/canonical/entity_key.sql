{% macro entity_key(entity) %}
    {%- do return({
        'customers': ['customer_id'],
        'customer_versions': ['customer_id'],
        'products': ['product_id'],
        'product_versions': ['product_id'],
        'orders': ['order_id'],
        'order_lines': ['order_line_id', 'order_id'],
        'refunds': ['refund_id'],
        'refund_lines': ['refund_line_id', 'refund_id'],
        'payments': ['payment_id'],
        'stock_movements': ['stock_movement_id'],
        'web_events': ['event_id', 'visitor_id'],
        'exchange_rates': [
            'rate_date', 'base_currency_code', 'quote_currency_code'
        ],
        'deletions': ['entity', 'entity_id'],
    }[entity]) -%}
{% endmacro %}
