with source as (
    {{ current_rows('shop', 'orders') }}
),

renamed as (
    select
        order_id,
        customer_id,

        coalesce(channel, 'unknown') as channel,
        order_status,
        currency_code,
        ship_country_code,

        {{ as_number('subtotal_amount') }} as subtotal_amount,
        {{ as_number('discount_amount') }} as discount_amount,
        {{ as_number('shipping_amount') }} as shipping_amount,
        {{ as_number('tax_amount') }} as tax_amount,
        {{ as_number('total_amount') }} as total_amount,

        {{ as_flag('is_tax_included') }} as is_tax_included,

        {{ as_moment('placed_at') }} as placed_at,
        {{ as_moment('cancelled_at') }} as cancelled_at,
        {{ as_moment('shipped_at') }} as shipped_at,
        {{ as_moment('delivered_at') }} as delivered_at,
        {{ as_moment('updated_at') }} as updated_at,

        {{ unread(
            numbers={
                'subtotal_amount': 'decimal(18, 4)',
                'discount_amount': 'decimal(18, 4)',
                'shipping_amount': 'decimal(18, 4)',
                'tax_amount': 'decimal(18, 4)',
                'total_amount': 'decimal(18, 4)',
            },
            moments=[
                'placed_at', 'cancelled_at', 'shipped_at', 'delivered_at',
                'updated_at',
            ],
            flags=['is_tax_included'],
            required=[
                'subtotal_amount', 'discount_amount', 'shipping_amount',
                'tax_amount', 'total_amount', 'updated_at',
            ]
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
        'shop', 'order', 'renamed.order_id', 'renamed.updated_at'
    ) }}
),

newest as (
    select * exclude (_source_file, _row_number)
    from standing
    qualify {{ newest_version('order_id') }}
)

select * from newest
