with payments as (
    select * from {{ ref('fct_payments') }}
),

days as (
    select
        source_name,
        order_date,
        count(*) as orders_count,
        bool_or({{ is_plausible('placed_at', 'order_date') }}) as is_plausible
    from {{ ref('fct_orders') }}
    group by source_name, order_date
),

last_dates as (
    select
        source_name,
        max(order_date) as last_date
    from days
    where is_plausible
    group by source_name
),

counted as (
    select
        days.source_name,
        days.order_date,
        last_dates.last_date,
        sum(days.orders_count) over (
            partition by days.source_name
            order by days.order_date desc
        ) - days.orders_count as newer_count
    from days
    inner join last_dates
        on
            days.source_name = last_dates.source_name
            and days.order_date <= last_dates.last_date
),

-- The days that reach back to the hundredth order: few of many.
recent as (
    select
        source_name,
        min(order_date) as first_date,
        max(last_date) as last_date
    from counted
    where newer_count < 100
    group by source_name
),

newest as (
    select orders.*
    from {{ ref('fct_orders') }} as orders
    inner join recent
        on
            orders.source_name = recent.source_name
            and orders.order_date between recent.first_date and recent.last_date
    qualify
        row_number() over (
            partition by orders.source_name
            order by
                orders.order_date desc,
                orders.placed_at desc nulls last,
                orders.order_key asc
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
    where
        (source_name, order_id) in (
            select
                newest.source_name,
                newest.order_id
            from newest
        )
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
