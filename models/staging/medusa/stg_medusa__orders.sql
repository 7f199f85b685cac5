with orders as (
    select * from {{ ref('base_medusa__orders') }}
    where {{ in_changed_groups('order_id') }}
),

lines as (
    select * from {{ ref('base_medusa__order_lines') }}
    where {{ in_changed_groups('order_id') }}
),

fulfillments as (
    {{ current_rows('medusa', 'fulfillments') }}
),

line_totals as (
    select
        order_id,
        bool_or(is_tax_included) as is_tax_included,
        bool_or(returned_quantity > 0 or line_type = 'gift_card')
            as is_subtotal_unsaid,
        sum(returned_amount) as returned_amount,
        sum(total_amount) as total_amount,
        sum(case when line_type <> 'shipping' then discount_amount else 0 end)
            as discount_amount,
        sum(tax_amount) as tax_amount,
        sum(
            case
                when line_type = 'shipping'
                    then quantity * unit_price_amount - discount_amount
                else 0
            end
        ) as shipping_amount
    from lines
    group by order_id
),

parcels as (
    select
        fulfillments.order_id,
        min({{ utc('fulfillments.shipped_at') }}) as shipped_at,
        max({{ utc('fulfillments.delivered_at') }}) as delivered_at
    from fulfillments
    inner join orders
        on
            fulfillments.order_id = orders.order_id
            and fulfillments._source_file = orders._source_file
            and fulfillments._loaded_at = orders._loaded_at
    where fulfillments.canceled_at is null
    group by fulfillments.order_id
),

-- Medusa states what is left to pay. What was sold is that, and what came
-- back, and what credit lines took off.
sold as (
    select
        orders.*,
        coalesce(line_totals.is_tax_included, false) as is_tax_included,
        coalesce(line_totals.is_subtotal_unsaid, false) as is_subtotal_unsaid,
        coalesce(line_totals.tax_amount, 0) as line_tax_amount,
        coalesce(line_totals.discount_amount, 0) as line_discount_amount,
        coalesce(line_totals.shipping_amount, 0) as line_shipping_amount,
        coalesce(line_totals.total_amount, 0) as line_total_amount,
        {{ money(
            'orders.total_amount + orders.credit_line_amount'
            ' + coalesce(line_totals.returned_amount, 0)'
        ) }} as sold_amount,
        {{ money('orders.tax_amount') }} as all_tax_amount,
        {{ money(
            'case when line_totals.is_tax_included'
            ' then orders.original_item_total_amount - orders.item_total_amount'
            ' else orders.item_subtotal_amount'
            ' - (orders.item_total_amount - orders.item_tax_amount) end'
        ) }} as item_discount_amount
    from orders
    left join line_totals
        on orders.order_id = line_totals.order_id
),

-- Medusa reckons with more than four decimals: less than a thousandth that
-- rounding the lines leaves is booked with the shipping.
stated as (
    select
        *,
        case
            when is_subtotal_unsaid then line_discount_amount
            else item_discount_amount
        end as stated_discount_amount,
        case
            when is_subtotal_unsaid then line_tax_amount else all_tax_amount
        end as stated_tax_amount,
        sold_amount - line_total_amount
        + (stated_discount_amount - line_discount_amount)
        - case
            when is_tax_included then 0
            else stated_tax_amount - line_tax_amount
        end as rest_amount,
        line_shipping_amount
        + case when abs(rest_amount) < 0.001 then rest_amount else 0 end
            as stated_shipping_amount
    from sold
),

stg_orders as (
    select
        stated.order_id,
        stated.customer_id,

        stated.channel,
        case
            when stated.status = 'canceled' then 'cancelled'
            when stated.fulfillment_status = 'delivered' then 'delivered'
            when stated.fulfillment_status = 'shipped' then 'shipped'
            when
                stated.fulfillment_status
                in ('partially_shipped', 'partially_delivered')
                then 'partially_shipped'
            when stated.status in ('completed', 'archived') then 'completed'
            else 'open'
        end as order_status,
        stated.currency_code,
        stated.ship_country_code,

        {{ money(
            'case when stated.is_subtotal_unsaid then null'
            ' when stated.is_tax_included'
            ' then stated.original_item_total_amount'
            ' else stated.item_subtotal_amount end'
        ) }} as subtotal_amount,
        {{ money('stated.stated_discount_amount') }} as discount_amount,
        {{ money('stated.stated_shipping_amount') }} as shipping_amount,
        {{ money('stated.stated_tax_amount') }} as tax_amount,
        {{ money('stated.sold_amount') }} as total_amount,

        stated.is_tax_included,

        stated.placed_at,
        stated.cancelled_at,
        parcels.shipped_at,
        case
            when stated.fulfillment_status = 'delivered'
                then parcels.delivered_at
        end as delivered_at,
        stated.updated_at,

        stated._loaded_at
    from stated
    left join parcels
        on stated.order_id = parcels.order_id
)

select * from stg_orders
