with orders as (
    select * from {{ ref('stg_nightly_extract__orders') }}
),

-- The source knows no refunds: one that was cancelled is taken back whole.
refunds as (
    select
        order_id as refund_id,
        order_id,
        customer_id,

        channel,
        'cancelled' as reason,
        currency_code,

        shipping_amount,
        {{ money('0') }} as adjustment_amount,

        cancelled_at as refunded_at,
        updated_at,

        _loaded_at
    from orders
    where cancelled_at is not null
)

select * from refunds
