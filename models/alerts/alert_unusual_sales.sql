with daily_totals as (
    select * from {{ ref('rpt_daily_totals') }}
),

sources as (
    select * from {{ ref('dim_sources') }}
),

freshness as (
    select * from {{ ref('int_source_freshness') }}
),

-- A day is over once something was loaded on a later one.
loaded as (
    select
        source_name,
        {{ local_date('newest_loaded_at') }} as loaded_date
    from freshness
),

-- The calendar ends with the last entry: the days after it had none.
days_without_entries as (
    select
        sources.source_name,
        cast(
            unnest(generate_series(
                sources.last_entry_date + 1,
                loaded.loaded_date - 1,
                interval '1 day'
            )) as date
        ) as sales_date
    from sources
    inner join loaded
        on sources.source_name = loaded.source_name
),

days as (
    select
        source_name,
        sales_date,
        net_sales_amount,
        orders_count
    from daily_totals
    union all
    select
        days_without_entries.source_name,
        days_without_entries.sales_date,
        0 as net_sales_amount,
        0 as orders_count
    from days_without_entries
    left join daily_totals
        on
            days_without_entries.source_name = daily_totals.source_name
            and days_without_entries.sales_date = daily_totals.sales_date
    where daily_totals.sales_date is null
),

judged_days as (
    select
        days.source_name,
        days.sales_date as judged_date,
        days.net_sales_amount,
        days.orders_count
    from days
    inner join loaded
        on
            days.source_name = loaded.source_name
            and days.sales_date < loaded.loaded_date
            and days.sales_date
            >= loaded.loaded_date - {{ var('alert_sales_days') }}
),

-- The same weekday of the weeks before, and of the same weeks a year ago.
compared_days as (
    select
        judged_days.source_name,
        judged_days.judged_date,
        days.net_sales_amount
    from judged_days
    inner join days
        on
            judged_days.source_name = days.source_name
            and judged_days.judged_date > days.sales_date
            and (judged_days.judged_date - days.sales_date) % 7 = 0
            and (
                judged_days.judged_date - days.sales_date
                <= 7 * {{ var('alert_sales_weeks') }}
                or judged_days.judged_date - days.sales_date
                between 364 - 14 and 364 + 14
            )
),

usual as (
    select
        source_name,
        judged_date,
        quantile_disc(net_sales_amount, 0.5) as usual_amount,
        count(*) as day_count
    from compared_days
    group by source_name, judged_date
    having count(*) >= {{ var('alert_sales_min_days') }}
),

spread as (
    select
        usual.source_name,
        usual.judged_date,
        usual.usual_amount,
        usual.day_count,
        quantile_disc(
            abs(compared_days.net_sales_amount - usual.usual_amount), 0.5
        ) as spread_amount
    from usual
    inner join compared_days
        on
            usual.source_name = compared_days.source_name
            and usual.judged_date = compared_days.judged_date
    group by all
),

judged as (
    select
        spread.*,
        judged_days.net_sales_amount,
        judged_days.orders_count
    from spread
    inner join judged_days
        on
            spread.source_name = judged_days.source_name
            and spread.judged_date = judged_days.judged_date
),

found as (
    select
        source_name,
        cast(judged_date as varchar) as alert_id,
        if(net_sales_amount > usual_amount, 'info', 'warning') as severity,
        'Unusual sales: ' || source_name || ' on ' || judged_date as subject,
        'Net sales of ' || strftime(judged_date, '%A') || ', ' || judged_date
        || ', are ' || {{ amount_text('net_sales_amount') }} || ' from '
        || orders_count || ' orders; ' || day_count
        || ' comparable days (the same weekday of the weeks before and of this '
        || 'season last year) had ' || {{ amount_text('usual_amount') }}
        || ' in the middle.'
        || if(
            orders_count = 0, ' Check that all its orders were delivered.', ''
        ) as detail,
        cast(judged_date as timestamp) as occurred_at
    from judged
    where
        abs(net_sales_amount - usual_amount)
        >= {{ var('alert_sales_spreads') }} * spread_amount
        and abs(net_sales_amount - usual_amount)
        >= {{ var('alert_sales_min_share') }} * usual_amount
        and net_sales_amount <> usual_amount
),

alert_unusual_sales as (
    {{ alerts_of('found', 'unusual_sales', is_event=true) }}
)

select * from alert_unusual_sales
