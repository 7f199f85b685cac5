with orders as (
    select * from {{ ref('base_shopify__orders') }}
    where {{ in_changed_groups('order_id') }}
),

source as (
    {{ shopify_rows('refunds') }}
),

renamed as (
    select
        refund_id,
        order_id,
        customer_id,

        nullif(note, '') as note,

        {{ utc('created_at') }} as refunded_at,
        {{ utc('updated_at') }} as updated_at,

        _loaded_at
    from source
),

-- Shipping and adjustments have tax of their own: they are lines.
refunds as (
    select
        renamed.refund_id,
        renamed.order_id,
        renamed.customer_id,

        orders.channel,
        case
            when
                renamed.refunded_at >= orders.cancelled_at - interval 1 minute
                then 'cancelled'
            else renamed.note
        end as reason,
        orders.currency_code,

        {{ money('0') }} as shipping_amount,
        {{ money('0') }} as adjustment_amount,

        renamed.refunded_at,
        renamed.updated_at,

        renamed._loaded_at
    from renamed
    inner join orders
        on renamed.order_id = orders.order_id
)

select * from refunds
