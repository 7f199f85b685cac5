with changes as (
    {{ deliveries(source('shop', 'orders'), 'order', 'order_id') }}
    union all
    {{ deliveries(source('shop', 'order_lines'), 'order', 'order_id') }}
    union all
    {{ deliveries(source('shop', 'refunds'), 'refund', 'refund_id') }}
    union all
    {{ deliveries(source('shop', 'refund_lines'), 'refund', 'refund_id') }}
    union all
    {{ deliveries(source('shop', 'products'), 'product', 'product_id') }}
)

select * from changes
