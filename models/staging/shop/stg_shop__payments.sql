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

        {{ as_number('amount') }} as amount,

        {{ as_moment('processed_at') }} as processed_at,
        {{ as_moment('updated_at') }} as updated_at,

        {{ unread(
            numbers={
                'amount': 'decimal(18, 4)',
            },
            moments=['processed_at', 'updated_at'],
            required=['amount', 'updated_at']
        ) }} as _unread,
        _loaded_at,
        _source_file,
        _row_number
    from source
),

standing as (
    select *
    from renamed
    where {{ not_deleted(
        'shop', 'payment', 'renamed.payment_id', 'renamed.updated_at'
    ) }}
),

newest as (
    select * exclude (_source_file, _row_number)
    from standing
    qualify {{ newest_version('payment_id') }}
)

select * from newest
