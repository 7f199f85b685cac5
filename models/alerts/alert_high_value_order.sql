with orders as (
    select * from {{ ref('fct_orders') }}
    where
        goods_line_count > 0
        and reporting_total_amount is not null
        and not is_cancelled
),

customers as (
    select * from {{ ref('dim_customers') }}
),

last_orders as (
    select
        source_name,
        max(order_date) as last_order_date
    from orders
    where {{ is_plausible('placed_at', 'order_date') }}
    group by source_name
),

-- A customer who is new since dim_customers was built stands for itself.
dated as (
    select
        orders.*,
        coalesce(customers.surviving_customer_key, orders.customer_key)
            as surviving_customer_key,
        orders.order_date
        > last_orders.last_order_date - {{ var('alert_order_days') }}
            as is_recent
    from orders
    inner join last_orders
        on
            orders.source_name = last_orders.source_name
            and orders.order_date <= last_orders.last_order_date
            and orders.order_date
            > last_orders.last_order_date - {{ var('alert_history_days') }}
    left join customers
        on orders.customer_key = customers.customer_key
),

recent_orders as (
    select * from dated
    where is_recent
),

shop_history as (
    select
        source_name,
        quantile_disc(reporting_total_amount, 0.5) as typical_amount
    from dated
    where not is_recent
    group by source_name
    having count(*) >= {{ var('alert_min_history') }}
),

customer_history as (
    select
        surviving_customer_key,
        {{ quotient('sum(reporting_total_amount)', 'count(*)', 18, 4) }}
            as average_amount
    from dated
    where
        not is_recent
        and customer_key <> '-1'
        and surviving_customer_key in (
            select recent_orders.surviving_customer_key from recent_orders
        )
    group by surviving_customer_key
    having count(*) >= {{ var('alert_min_customer_orders') }}
),

-- Against a customer's own orders only an order counts that is also above
-- what is typical of the shop.
judged as (
    select
        recent_orders.*,
        shop_history.typical_amount,
        customer_history.average_amount,
        recent_orders.reporting_total_amount
        >= {{ var('alert_order_amount') }} as is_above_limit,
        coalesce(
            recent_orders.reporting_total_amount
            >= {{ var('alert_order_shop_factor') }}
            * shop_history.typical_amount,
            false
        ) as is_above_shop,
        coalesce(
            recent_orders.reporting_total_amount
            >= {{ var('alert_order_customer_factor') }}
            * customer_history.average_amount
            and recent_orders.reporting_total_amount
            >= 2 * shop_history.typical_amount,
            false
        ) as is_above_customer
    from recent_orders
    left join shop_history
        on recent_orders.source_name = shop_history.source_name
    left join customer_history
        on
            recent_orders.surviving_customer_key
            = customer_history.surviving_customer_key
),

found as (
    select
        source_name,
        order_id as alert_id,
        'warning' as severity,
        'High-value order: ' || order_id as subject,
        'The order of ' || order_date || ' is over '
        || {{ amount_text('reporting_total_amount') }} || ': '
        || concat_ws(
            '; ',
            case
                when is_above_limit
                    then
                        'the limit is '
                        || {{ amount_text(var('alert_order_amount')) }}
            end,
            case
                when is_above_shop
                    then
                        'a typical order of the shop is '
                        || {{ amount_text('typical_amount') }}
            end,
            case
                when is_above_customer
                    then
                        'the customer''s earlier orders average '
                        || {{ amount_text('average_amount') }}
            end
        )
        || '. Check it before it is shipped.' as detail,
        coalesce(placed_at, cast(order_date as timestamp)) as occurred_at
    from judged
    where is_above_limit or is_above_shop or is_above_customer
),

alert_high_value_order as (
    {{ alerts_of('found', 'high_value_order', is_event=true) }}
)

select * from alert_high_value_order
