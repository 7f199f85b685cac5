with reference_rates as (
    select * from {{ ref('base_ecb__reference_rates') }}
),

newest as (
    select * exclude (priority, replaced_at, _row_number)
    from reference_rates
    where replaced_at is null
    qualify
        row_number() over (
            partition by rate_date
            order by _loaded_at desc, priority asc, _row_number desc
        ) = 1
),

stated as (
    unpivot newest
    on columns('^[a-z]{3}$')
    into
    name currency_code
    value rate
),

renamed as (
    select
        'EUR' as base_currency_code,
        upper(currency_code) as quote_currency_code,

        cast(rate as decimal(38, 20)) as rate,

        rate_date,
        cast(null as timestamp) as updated_at,

        _loaded_at
    from stated
)

select * from renamed
