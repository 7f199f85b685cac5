with source as (
    {{ current_rows('shop', 'exchange_rates') }}
),

renamed as (
    select
        base_currency_code,
        quote_currency_code,

        cast(rate as decimal(38, 20)) as rate,

        cast(rate_date as date) as rate_date,
        {{ utc('updated_at') }} as updated_at,

        _loaded_at,
        _source_file,
        _row_number
    from source
),

newest as (
    select * exclude (_source_file, _row_number)
    from renamed
    qualify {{ newest_version(
        'rate_date, base_currency_code, quote_currency_code'
    ) }}
)

select * from newest
