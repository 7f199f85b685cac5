with source as (
    {{ current_rows('shop', 'payments') }}
),

renamed as (
    select
        payment_id,
        order_id,

        payment_kind,
        payment_status,
        payment_method,
        currency_code,

        {{ exact('amount', 'decimal(18, 4)') }} as amount,

        {{ utc('processed_at') }} as processed_at,
        {{ utc('updated_at') }} as updated_at,

        _loaded_at,
        _source_file,
        _row_number
    from source
),

newest as (
    select * exclude (_source_file, _row_number)
    from renamed
    qualify {{ newest_version('payment_id') }}
)

select * from newest
