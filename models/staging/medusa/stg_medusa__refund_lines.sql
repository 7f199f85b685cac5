{%- set share = money_of_ten_thousandths(
    'sign(UNITS) * ('
    ~ allocated('abs(UNITS)', 'quantity_so_far', 'line_quantity') ~ ' - '
    ~ allocated('abs(UNITS)', 'quantity_so_far - quantity', 'line_quantity') ~ ')'
) -%}
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
        returns.received_at,
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
        cast(null as timestamp) as received_at,
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

-- In ten-thousandths, which are whole numbers; what a cancellation takes back
-- comes last.
running as (
    select
        given_back.* exclude (_loaded_at),
        lines.product_id,
        lines.line_type,
        lines.quantity as line_quantity,
        {{ in_ten_thousandths('lines.net_amount') }} as net_units,
        {{ in_ten_thousandths('lines.tax_amount') }} as tax_units,
        sum(given_back.quantity) over (
            partition by given_back.order_line_id
            order by
                given_back.received_at asc nulls last,
                given_back.refund_id asc,
                given_back.refund_line_id asc
            rows unbounded preceding
        ) as quantity_so_far,
        greatest(given_back._loaded_at, lines._loaded_at) as _loaded_at
    from given_back
    inner join lines
        on given_back.order_line_id = lines.order_line_id
),

-- A unit is given back for what it cost after discounts. Each return bears what
-- rounding the running share adds at it: all of a line's make up the line.
refund_lines as (
    select
        refund_line_id,
        refund_id,
        order_line_id,
        product_id,

        line_type,

        quantity,
        {{ share | replace('UNITS', 'net_units') }} as amount,
        {{ share | replace('UNITS', 'tax_units') }} as tax_amount,

        is_restocked,
        false as is_duplicate,

        _loaded_at
    from running
)

select * from refund_lines
