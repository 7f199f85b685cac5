with daily_sales as (
    select * from {{ ref('agg_daily_sales') }}
    where goods_entries_count > 0
),

ranges as (
    select
        source_name,
        date_trunc('month', first_entry_date) as first_month_date,
        last_entry_date as last_date
    from {{ ref('dim_sources') }}
),

sold as (
    select
        source_name,
        category_name,
        date_trunc('month', entry_date) as entry_date,
        {{ sales_measures_summed() }}
    from daily_sales
    group by source_name, category_name, date_trunc('month', entry_date)
),

-- A month that is not over is held against the same days of last year.
last_year as (
    select
        daily_sales.source_name,
        daily_sales.category_name,
        date_trunc('month', daily_sales.entry_date + interval '1 year')
            as sales_month_date,
        sum(daily_sales.net_sales_amount) as net_sales_amount
    from daily_sales
    inner join ranges
        on daily_sales.source_name = ranges.source_name
    where daily_sales.entry_date + interval '1 year' <= ranges.last_date
    group by
        daily_sales.source_name,
        daily_sales.category_name,
        date_trunc('month', daily_sales.entry_date + interval '1 year')
),

categories as (
    select distinct
        source_name,
        category_name
    from sold
),

months as (
    select
        categories.source_name,
        categories.category_name,
        unnest(range(
            ranges.first_month_date, ranges.last_date + 1, interval '1 month'
        )) as sales_month_date
    from categories
    inner join ranges
        on categories.source_name = ranges.source_name
    union
    select
        source_name,
        category_name,
        entry_date as sales_month_date
    from sold
),

calendar as (
    select
        months.*,
        ranges.first_month_date
    from months
    left join ranges
        on months.source_name = ranges.source_name
),

measured as (
    select
        calendar.source_name,
        calendar.category_name,
        {{ sales_measures_or_zero('sold') }},
        case
            when
                calendar.sales_month_date
                >= calendar.first_month_date + interval '1 year'
                then coalesce(last_year.net_sales_amount, 0)
        end as last_year_net_sales_amount,
        calendar.sales_month_date
    from calendar
    left join sold
        on
            calendar.source_name = sold.source_name
            and calendar.category_name = sold.category_name
            and calendar.sales_month_date = sold.entry_date
    left join last_year
        on
            calendar.source_name = last_year.source_name
            and calendar.category_name = last_year.category_name
            and calendar.sales_month_date = last_year.sales_month_date
),

totalled as (
    select
        *,
        sum(net_sales_amount) over (
            partition by source_name, sales_month_date
        ) as month_net_sales_amount
    from measured
),

rpt_category_sales as (
    select
        source_name,

        category_name,

        orders_count,
        sold_quantity,
        returned_quantity,
        gross_sales_amount,
        discount_amount,
        returns_amount,
        net_sales_amount,
        {{ quotient('net_sales_amount', 'month_net_sales_amount', 18, 6) }}
            as net_sales_share_rate,
        {{ money('last_year_net_sales_amount') }} as last_year_net_sales_amount,
        {{ quotient(
            '(net_sales_amount - last_year_net_sales_amount)',
            'last_year_net_sales_amount',
            18,
            6
        ) }} as net_sales_change_rate,
        cost_amount,
        margin_amount,

        cast(sales_month_date as date) as sales_month_date
    from totalled
)

select * from rpt_category_sales
