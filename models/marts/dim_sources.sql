{% set facts = [
    ('fct_ledger_entries', 'entry_at', 'entry_date', 'true'),
    ('fct_payments', 'processed_at', 'payment_date', 'received_amount <> 0'),
    ('fct_stock_movements', 'moved_at', 'movement_date', 'true'),
] -%}
with business_dates as (
    {%- for fact, moment, date, counts in facts %}
    {%- if not loop.first %}
    union all
    {%- endif %}
    select
        source_name,
        {{ date }} as business_date,
        {{ is_plausible(moment, date) }} as is_plausible,
        {{ 'true' if loop.first else 'false' }} as is_entry
    from {{ ref(fact) }}
    where {{ counts }}
    group by all
    {%- endfor %}
),

ranges as (
    select
        source_name,
        min(business_date) filter (where is_entry and is_plausible)
            as first_entry_date,
        max(business_date) filter (where is_entry and is_plausible)
            as last_entry_date,
        min(business_date) filter (where is_plausible) as first_business_date,
        max(business_date) filter (where is_plausible) as last_business_date
    from business_dates
    group by source_name
),

dim_sources as (
    select
        source_name,

        case source_name
            {%- for name in var('shops') %}
            when '{{ name }}' then '{{ var('shops')[name].time_zone }}'
            {%- endfor %}
            else 'UTC'
        end as time_zone,
        case source_name
            {%- for name in var('shops') %}
            when '{{ name }}' then '{{ var('shops')[name].currency_code }}'
            {%- endfor %}
            else '{{ var("reporting_currency_code") }}'
        end as currency_code,

        first_entry_date,
        last_entry_date,
        first_business_date,
        last_business_date
    from ranges
)

select * from dim_sources
