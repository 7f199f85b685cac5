with source as (
    {{ current_rows('shop', 'order_lines') }}
),

renamed as (
    select
        order_line_id,
        order_id,
        product_id,

        line_type,

        {{ as_number('line_number', 'integer') }} as line_number,
        {{ as_number('quantity', 'integer') }} as quantity,
        {{ as_number('unit_price_amount') }} as unit_price_amount,
        {{ as_number('discount_amount') }} as discount_amount,
        {{ as_number('tax_amount') }} as tax_amount,

        false as is_duplicate,

        {{ as_moment('updated_at') }} as updated_at,

        {{ unread(
            numbers={
                'line_number': 'integer',
                'quantity': 'integer',
                'unit_price_amount': 'decimal(18, 4)',
                'discount_amount': 'decimal(18, 4)',
                'tax_amount': 'decimal(18, 4)',
            },
            moments=['updated_at'],
            required=['discount_amount', 'tax_amount', 'updated_at']
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

-- A delivery of lines holds all lines of its order: the newest one counts
-- whole, and what it no longer holds is gone.
newest as (
    select * exclude (_source_file, _row_number)
    from standing
    qualify
        {{ newest_of('updated_at', 'order_id') }}
        and {{ newest_version('order_id, order_line_id') }}
)

select * from newest
