with filled_rates as (
    select * from {{ ref('int_exchange_rates_filled') }}
),

fct_exchange_rates as (
    select
        currency_code,
        reporting_currency_code,

        source_name,
        rate_kind,

        rate,
        cast(rate_date - stated_date as integer) as age_days,

        rate_date,
        stated_date,

        _loaded_at
    from filled_rates
)

select * from fct_exchange_rates
