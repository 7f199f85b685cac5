with source as (
    {{ current_rows('shop', 'exchange_rates') }}
),

renamed as (
    select
        base_currency_code,
        quote_currency_code,

        {{ as_number('rate', 'decimal(38, 20)') }} as rate,

        try_cast(rate_date as date) as rate_date,
        {{ as_moment('updated_at') }} as updated_at,

        {{ unread(
            numbers={'rate': 'decimal(38, 20)'},
            moments=['updated_at'],
            dates=['rate_date'],
            required=['updated_at']
        ) }} as _unread,
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
