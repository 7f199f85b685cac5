with known as (
    select * from {{ ref('currencies') }}
),

named as (
    select currency_code from {{ ref('fct_orders') }}
    union
    select currency_code from {{ ref('fct_ledger_entries') }}
    union
    select currency_code from {{ ref('fct_payments') }}
    union
    select currency_code from {{ ref('fct_exchange_rates') }}
),

-- A code that no standard knows is a member as well: facts name it.
currencies as (
    select
        coalesce(known.currency_code, named.currency_code) as currency_code,
        known.currency_name,
        known.minor_unit_digits,
        known.currency_code is not null as is_known
    from known
    full outer join named
        on known.currency_code = named.currency_code
),

dim_currencies as (
    select
        currency_code,

        currency_name,

        minor_unit_digits,

        currency_code = '{{ var("reporting_currency_code") }}'
            as is_reporting_currency,
        is_known
    from currencies
)

select * from dim_currencies
