with sold as (
    select * from {{ ref('agg_daily_sales') }}
),

dates as (
    select * from {{ ref('dim_dates') }}
),

ranges as (
    select
        source_name,
        first_entry_date as first_date,
        last_entry_date as last_date
    from {{ ref('dim_sources') }}
),

kinds as (
    select distinct
        source_name,
        channel,
        category_name
    from sold
),

-- Every day of a source's range has a row of every kind it ever had; a day
-- outside of it, of what was booked.
calendar as (
    select
        dates.date_day as sales_date,
        kinds.*
    from ranges
    inner join kinds
        on ranges.source_name = kinds.source_name
    inner join dates
        on dates.date_day between ranges.first_date and ranges.last_date
    union
    select
        entry_date as sales_date,
        source_name,
        channel,
        category_name
    from sold
),

rpt_daily_sales as (
    select
        calendar.sales_date,
        calendar.source_name,
        calendar.channel,
        calendar.category_name,
        {{ sales_measures_or_zero('sold') }}
    from calendar
    left join sold
        on
            calendar.sales_date = sold.entry_date
            and calendar.source_name = sold.source_name
            and calendar.channel = sold.channel
            and calendar.category_name = sold.category_name
)

select * from rpt_daily_sales
