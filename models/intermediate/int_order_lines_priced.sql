with orders as (
    select
        *,
        {{ surrogate_key("'order'", 'order_id') }} as order_key
    from {{ ref('int_orders_united') }}
),

order_lines as (
    select * from {{ ref('int_order_lines_united') }}
),

costs as (
    select * from {{ ref('int_product_costs_dated') }}
),

priced as (
    select
        {{ surrogate_key(
            "'order_line'", 'order_lines.order_line_id', 'orders.source_name'
        ) }} as order_line_key,
        orders.order_key,
        {{ surrogate_key(
            "'product'", 'order_lines.product_id', 'orders.source_name'
        ) }} as product_key,
        {{ surrogate_key(
            "'customer'", 'orders.customer_id', 'orders.source_name'
        ) }} as customer_key,

        orders.source_name,
        orders.order_id,
        order_lines.order_line_id,
        order_lines.product_id,

        order_lines.line_type,
        orders.channel,
        orders.currency_code,

        order_lines.line_number,
        order_lines.quantity,
        order_lines.unit_price_amount,
        {{ money('order_lines.quantity * order_lines.unit_price_amount') }}
            as gross_amount,
        order_lines.discount_amount,
        {{ money(
            'order_lines.quantity * order_lines.unit_price_amount'
            ' - order_lines.discount_amount'
        ) }} as net_amount,
        order_lines.tax_amount,
        costs.unit_cost_amount,
        {{ money('order_lines.quantity * costs.unit_cost_amount') }}
            as cost_amount,

        order_lines.is_duplicate,

        orders.order_date,
        orders.placed_at,

        greatest(orders._loaded_at, order_lines._loaded_at) as _loaded_at
    from order_lines
    inner join orders
        on
            order_lines.source_name = orders.source_name
            and order_lines.order_id = orders.order_id
    left join costs
        on
            order_lines.source_name = costs.source_name
            and order_lines.product_id = costs.product_id
            and orders.placed_at >= costs.valid_from
            and orders.placed_at < costs.valid_to
)

select * from priced
