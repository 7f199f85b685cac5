with ledger_entries as (
    select * from {{ ref('fct_ledger_entries') }}
),

order_lines as (
    select * from {{ ref('fct_order_lines') }}
    where line_type = 'goods'
),

products as (
    select * from {{ ref('dim_products') }}
),

dates as (
    select * from {{ ref('dim_dates') }}
),

entries as (
    select
        ledger_entries.*,
        products.category_name
    from ledger_entries
    inner join products
        on ledger_entries.product_key = products.product_key
),

-- Orders are counted on their lines: counting them among the entries would
-- cost as much as all sums together.
counted as (
    select
        order_lines.order_date,
        order_lines.source_name,
        order_lines.channel,
        products.category_name,
        count(distinct order_lines.order_key) as orders_count
    from order_lines
    inner join products
        on order_lines.product_key = products.product_key
    group by
        order_lines.order_date,
        order_lines.source_name,
        order_lines.channel,
        products.category_name
),

summed as (
    select
        entry_date,
        source_name,
        channel,
        category_name,
        {{ sales_measures(count_orders=false) }}
    from entries
    group by entry_date, source_name, channel, category_name
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
            and summed.channel is not distinct from counted.channel
            and summed.category_name = counted.category_name
),

ranges as (
    select
        source_name,
        min(entry_date) as first_date,
        max(entry_date) as last_date
    from sold
    group by source_name
),

kinds as (
    select distinct
        source_name,
        channel,
        category_name
    from sold
),

-- Every day of a source's range has a row of every kind it ever had.
calendar as (
    select
        dates.date_day as sales_date,
        kinds.*
    from ranges
    inner join kinds
        on ranges.source_name = kinds.source_name
    inner join dates
        on dates.date_day between ranges.first_date and ranges.last_date
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
