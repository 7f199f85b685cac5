with orders as (
    select * from {{ ref('fct_orders') }}
    where {{ in_changed_groups('order_key') }}
),

ledger_entries as (
    select * from {{ ref('fct_ledger_entries') }}
    where {{ in_changed_groups('order_key') }}
),

order_lines as (
    select * from {{ ref('fct_order_lines') }}
    where {{ in_changed_groups('order_key') }}
),

payments as (
    select * from {{ ref('fct_payments') }}
    where {{ in_changed_groups('order_key') }}
),

booked as (
    select
        order_key,
        currency_code,
        sum(amount) as amount
    from ledger_entries
    group by order_key, currency_code
),

costs as (
    select
        order_key,
        sum(cost_amount) filter (where entry_type = 'sale') as cost_amount
    from ledger_entries
    group by order_key
),

lines as (
    select
        order_key,
        sum(cost_amount) filter (where line_type = 'goods') as cost_amount,
        sum(tax_amount) as tax_amount,
        sum(case line_type
            when 'shipping' then 0
            when 'discount' then -gross_amount
            else discount_amount
        end) as discount_amount,
        sum(
            net_amount + case when is_tax_included then tax_amount else 0 end
        ) filter (where line_type = 'shipping') as shipping_amount
    from order_lines
    group by order_key
),

paid as (
    select
        order_key,
        currency_code,
        sum(received_amount) as amount
    from payments
    group by order_key, currency_code
),

agg_order_figures as (
    select
        orders.order_key,
        {{ money('coalesce(booked.amount, 0)') }} as booked_amount,
        {{ money('coalesce(costs.cost_amount, 0)') }} as booked_cost_amount,
        {{ money('coalesce(lines.cost_amount, 0)') }} as line_cost_amount,
        {{ money('coalesce(lines.tax_amount, 0)') }} as line_tax_amount,
        {{ money('coalesce(lines.discount_amount, 0)') }}
            as line_discount_amount,
        {{ money('coalesce(lines.shipping_amount, 0)') }}
            as line_shipping_amount,
        {{ money('coalesce(paid.amount, 0)') }} as paid_amount
    from orders
    left join booked
        on
            orders.order_key = booked.order_key
            and orders.currency_code = booked.currency_code
    left join costs
        on orders.order_key = costs.order_key
    left join lines
        on orders.order_key = lines.order_key
    left join paid
        on
            orders.order_key = paid.order_key
            and orders.currency_code = paid.currency_code
)

select * from agg_order_figures
