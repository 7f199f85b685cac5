with orders as (
    {{ deliveries('nightly_extract', 'orders', 'order', 'order_no') }}
    union all
    {{ deliveries('nightly_extract', 'order_lines', 'order', 'order_no') }}
),

-- A cancellation is a refund that has its order's number.
refunds as (
    select * replace ('refund' as document_type)
    from orders
),

changes as (
    select * from orders
    union all
    select * from refunds
    union all
    {{ deliveries('nightly_extract', 'products', 'product', 'article_no') }}
    union all
    {{ deliveries('nightly_extract', 'customers', 'customer', 'customer_no') }}
)

select * from changes
