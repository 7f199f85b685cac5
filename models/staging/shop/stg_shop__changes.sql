with changes as (
    {{ deliveries('shop', 'orders', 'order', 'order_id') }}
    union all
    {{ deliveries('shop', 'order_lines', 'order', 'order_id') }}
    union all
    {{ deliveries('shop', 'refunds', 'refund', 'refund_id') }}
    union all
    {{ deliveries('shop', 'refund_lines', 'refund', 'refund_id') }}
    union all
    {{ deliveries('shop', 'products', 'product', 'product_id') }}
)

select * from changes
