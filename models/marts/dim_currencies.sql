with currencies as (
    select * from {{ ref('currencies') }}
),

dim_currencies as (
    select
        currency_code,

        currency_name,

        minor_unit_digits,

        currency_code = '{{ var("reporting_currency_code") }}'
            as is_reporting_currency
    from currencies
)

select * from dim_currencies
