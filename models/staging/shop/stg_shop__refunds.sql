with source as (
    {{ current_rows('shop', 'refunds') }}
),

renamed as (
    select
        refund_id,
        order_id,
        customer_id,

        cast(null as varchar) as channel,
        reason,
        currency_code,

        {{ as_number('shipping_amount') }} as shipping_amount,
        coalesce({{ as_number('shipping_tax_amount') }}, 0)
            as shipping_tax_amount,
        {{ as_number('adjustment_amount') }} as adjustment_amount,

        {{ as_moment('refunded_at') }} as refunded_at,
        {{ as_moment('updated_at') }} as updated_at,

        {{ unread(
            numbers={
                'shipping_amount': 'decimal(18, 4)',
                'shipping_tax_amount': 'decimal(18, 4)',
                'adjustment_amount': 'decimal(18, 4)',
            },
            moments=['refunded_at', 'updated_at'],
            required=['shipping_amount', 'adjustment_amount', 'updated_at']
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
        'shop', 'refund', 'renamed.refund_id', 'renamed.updated_at'
    ) }}
),

newest as (
    select * exclude (_source_file, _row_number)
    from standing
    qualify {{ newest_version('refund_id') }}
)

select * from newest
