with heads as (
    select * from {{ ref('base_shopify__orders') }}
    where {{ in_changed_groups('order_id') }}
),

lines as (
    select * from {{ ref('stg_shopify__order_lines') }}
    where {{ in_changed_groups('order_id') }}
),

line_totals as (
    select
        order_id,
        sum(
            case when line_type = 'goods' then quantity * unit_price_amount end
        ) as subtotal_amount,
        sum(
            case when line_type <> 'shipping' then discount_amount end
        ) as discount_amount,
        sum(
            case
                when line_type = 'shipping'
                    then unit_price_amount - discount_amount
            end
        ) as shipping_amount,
        sum(tax_amount) as tax_amount
    from lines
    group by order_id
),

-- The total of an edited order lacks what a refund of that edit gives back.
orders as (
    select
        heads.order_id,
        heads.customer_id,

        heads.channel,
        case
            when heads.cancelled_at is not null then 'cancelled'
            when heads.delivered_at is not null then 'delivered'
            when heads.fulfillment_status = 'FULFILLED' then 'shipped'
            when heads.fulfillment_status = 'PARTIALLY_FULFILLED'
                then 'partially_shipped'
            else 'open'
        end as order_status,
        heads.currency_code,
        heads.ship_country_code,

        {{ money('coalesce(line_totals.subtotal_amount, 0)') }}
            as subtotal_amount,
        {{ money('coalesce(line_totals.discount_amount, 0)') }}
            as discount_amount,
        {{ money('coalesce(line_totals.shipping_amount, 0)') }}
            as shipping_amount,
        {{ money('coalesce(line_totals.tax_amount, 0)') }} as tax_amount,
        case when not heads.is_edited then heads.total_amount end
            as total_amount,

        heads.is_tax_included,

        heads.placed_at,
        heads.cancelled_at,
        heads.shipped_at,
        heads.delivered_at,
        heads.updated_at,

        heads._loaded_at
    from heads
    left join line_totals
        on heads.order_id = line_totals.order_id
)

select * from orders
