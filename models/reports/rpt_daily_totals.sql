with ledger_entries as (
    select * from {{ ref('fct_ledger_entries') }}
),

dates as (
    select * from {{ ref('dim_dates') }}
),

sold as (
    select
        entry_date,
        source_name,
        {{ sales_measures() }}
    from ledger_entries
    group by entry_date, source_name
),

ranges as (
    select
        source_name,
        min(entry_date) as first_date,
        max(entry_date) as last_date
    from sold
    group by source_name
),

calendar as (
    select
        dates.date_day as sales_date,
        ranges.source_name
    from ranges
    inner join dates
        on dates.date_day between ranges.first_date and ranges.last_date
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
