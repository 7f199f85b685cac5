with orders as (
    select * from {{ ref('fct_orders') }}
),

payments as (
    select * from {{ ref('fct_payments') }}
),

last_dates as (
    select
        source_name,
        max(order_date) as last_date
    from orders
    where {{ is_plausible('placed_at', 'order_date') }}
    group by source_name
),

newest as (
    select orders.*
    from orders
    inner join last_dates
        on
            orders.source_name = last_dates.source_name
            and orders.order_date <= last_dates.last_date
    qualify
        row_number() over (
            partition by orders.source_name
            order by
                coalesce(orders.placed_at, orders.order_date) desc,
                orders.order_key
        ) <= 100
),

-- What has no value in the reporting currency leaves the sum unknown.
paid as (
    select
        order_key,
        case
            when count(reporting_received_amount) = count(*)
                then sum(reporting_received_amount)
        end as reporting_received_amount
    from payments
    where order_key in (select newest.order_key from newest)
    group by order_key
),

rpt_orders_now as (
    select
        newest.order_key,
        newest.customer_key,

        newest.source_name,
        newest.order_id,

        newest.channel,
        newest.order_status,
        newest.currency_code,

        newest.goods_line_count,
        newest.sold_quantity,
        newest.total_amount,
        newest.reporting_total_amount,
        {{ money('case when paid.order_key is null then 0 '
            'else paid.reporting_received_amount end') }}
            as reporting_received_amount,

        newest.is_cancelled,

        newest.order_date,
        newest.placed_at,
        newest.updated_at
    from newest
    left join paid
        on newest.order_key = paid.order_key
)

select * from rpt_orders_now
