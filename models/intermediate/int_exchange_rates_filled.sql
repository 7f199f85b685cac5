with stated as (
    select *
    from {{ ref('int_exchange_rates_united') }}
    where quote_currency_code = '{{ var("reporting_currency_code") }}'
    qualify
        row_number() over (
            partition by rate_date, base_currency_code
            order by source_name
        ) = 1
),

-- A rate counts until the next one, but not for ever.
periods as (
    select
        *,
        least(
            lead(rate_date, 1, date '9999-12-31') over (
                partition by base_currency_code order by rate_date
            ),
            rate_date + {{ var('max_exchange_rate_age_days') }} + 1
        ) as end_date
    from stated
),

filled as (
    select
        base_currency_code as currency_code,
        quote_currency_code as reporting_currency_code,

        source_name,

        rate,

        cast(days.day_at as date) as rate_date,
        rate_date as stated_date,

        _loaded_at
    from periods
    cross join
        unnest(generate_series(
            cast(periods.rate_date as timestamp),
            cast(periods.end_date - 1 as timestamp),
            interval '1 day'
        )) as days (day_at)
)

select * from filled
