with returns as (
    select * from {{ ref('base_medusa__returns') }}
),

lines as (
    select * from {{ ref('base_medusa__order_lines') }}
),

orders as (
    select * from {{ ref('base_medusa__orders') }}
),

return_items as (
    {{ current_rows('medusa', 'return_items') }}
),

-- What was received holds what came damaged.
counted as (
    select
        *,
        {{ exact('received_quantity', 'integer') }} as received,
        {{ exact('damaged_quantity', 'integer') }} as damaged
    from return_items
),

received as (
    select
        counted.*,
        parts.suffix,
        case
            when parts.suffix = '' then counted.received - counted.damaged
            else counted.damaged
        end as units
    from counted
    cross join (values (''), (' damaged')) as parts (suffix)
),

returned as (
    select
        received.return_item_id || received.suffix as refund_line_id,
        returns.return_id as refund_id,
        received.order_item_id as order_line_id,
        received.units as quantity,
        received.suffix = '' as is_restocked,
        returns._loaded_at
    from received
    inner join returns
        on
            received.return_id = returns.return_id
            and received._source_file = returns._source_file
            and received._loaded_at = returns._loaded_at
),

cancelled as (
    select
        lines.order_line_id || ' cancelled' as refund_line_id,
        lines.order_id as refund_id,
        lines.order_line_id,
        lines.quantity - lines.returned_quantity as quantity,
        true as is_restocked,
        orders._loaded_at
    from lines
    inner join orders
        on lines.order_id = orders.order_id
    where orders.cancelled_at is not null
),

given_back as (
    select * from returned
    where quantity > 0
    union all
    select * from cancelled
    where quantity > 0
),

-- A unit is given back for what it cost after discounts.
refund_lines as (
    select
        given_back.refund_line_id,
        given_back.refund_id,
        given_back.order_line_id,
        lines.product_id,

        lines.line_type,

        given_back.quantity,
        {{ money(
            'lines.net_amount * given_back.quantity / lines.quantity'
        ) }} as amount,
        {{ money(
            'lines.tax_amount * given_back.quantity / lines.quantity'
        ) }} as tax_amount,

        given_back.is_restocked,
        false as is_duplicate,

        greatest(given_back._loaded_at, lines._loaded_at) as _loaded_at
    from given_back
    inner join lines
        on given_back.order_line_id = lines.order_line_id
)

select * from refund_lines
