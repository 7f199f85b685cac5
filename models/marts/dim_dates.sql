{% set facts = [
    ('fct_ledger_entries', 'entry_at', 'entry_date'),
    ('fct_orders', 'placed_at', 'order_date'),
    ('fct_payments', 'processed_at', 'payment_date'),
    ('fct_stock_movements', 'moved_at', 'movement_date'),
    ('fct_web_events', 'occurred_at', 'event_date'),
] -%}
with business_dates as (
    {%- for fact, moment, date in facts %}
    {%- if not loop.first %}
    union
    {%- endif %}
    select distinct
        {{ date }} as business_date,
        {{ is_plausible(moment, date) }} as is_plausible
    from {{ ref(fact) }}
    {%- endfor %}
),

date_range as (
    select
        date_trunc('year', min(business_date)) as first_date,
        date_trunc('year', max(business_date)) + interval '1 year'
            as end_date
    from business_dates
    where is_plausible
),

-- A date that no shop can have traded on stretches no calendar: it is a day
-- of its own.
days as (
    select unnest(range(first_date, end_date, interval '1 day')) as date_at
    from date_range
    union
    select cast(business_date as timestamp) as date_at
    from business_dates
    where not is_plausible
),

dim_dates as (
    select
        cast(date_at as date) as date_day,

        cast(date_trunc('week', date_at) as date) as week_start_date,
        cast(date_trunc('month', date_at) as date) as month_start_date,
        cast(date_trunc('quarter', date_at) as date) as quarter_start_date,

        strftime(date_at, '%A') as day_name,
        strftime(date_at, '%B') as month_name,

        cast(extract(year from date_at) as integer) as year_number,
        cast(extract(quarter from date_at) as integer) as quarter_number,
        cast(extract(month from date_at) as integer) as month_number,
        cast(extract(day from date_at) as integer) as day_of_month_number,
        cast(extract(isodow from date_at) as integer) as iso_day_number,

        extract(isodow from date_at) >= 6 as is_weekend
    from days
)

select * from dim_dates
