with daily_sales as (
    select * from {{ ref('agg_daily_sales') }}
),

orders as (
    select * from {{ ref('fct_orders') }}
    where goods_line_count > 0
),

dates as (
    select * from {{ ref('dim_dates') }}
),

counted as (
    select
        order_date,
        source_name,
        count(*) as orders_count
    from orders
    group by order_date, source_name
),

summed as (
    select
        entry_date,
        source_name,
        {{ sales_measures_summed(orders_add_up=false) }}
    from daily_sales
    group by entry_date, source_name
),

sold as (
    select
        summed.*,
        coalesce(counted.orders_count, 0) as orders_count
    from summed
    left join counted
        on
            summed.entry_date = counted.order_date
            and summed.source_name = counted.source_name
),

ranges as (
    select
        source_name,
        first_entry_date as first_date,
        last_entry_date as last_date
    from {{ ref('dim_sources') }}
),

-- A day outside the range has a row only where something was booked.
calendar as (
    select
        dates.date_day as sales_date,
        ranges.source_name
    from ranges
    inner join dates
        on dates.date_day between ranges.first_date and ranges.last_date
    union
    select
        entry_date as sales_date,
        source_name
    from sold
),

rpt_daily_totals as (
    select
        calendar.sales_date,
        calendar.source_name,
        {{ sales_measures_or_zero('sold') }}
    from calendar
    left join sold
        on
            calendar.sales_date = sold.entry_date
            and calendar.source_name = sold.source_name
)

select * from rpt_daily_totals
