with source as (
    {{ current_rows('nightly_extract', 'order_lines') }}
),

pointed as (
    select
        * replace (
            {{ decimal_point('price') }} as price,
            {{ decimal_point('tax') }} as tax
        )
    from source
),

order_lines as (
    select
        order_no || '-' || line_no as order_line_id,
        order_no as order_id,
        article_no as product_id,

        'goods' as line_type,

        {{ as_number('line_no', 'integer') }} as line_number,
        {{ as_number('quantity', 'integer') }} as quantity,
        {{ as_number('price') }} as unit_price_amount,
        {{ money('0') }} as discount_amount,
        {{ as_number('tax') }} as tax_amount,

        false as is_duplicate,

        {{ unread(numbers={
            'line_no': 'integer', 'quantity': 'integer',
            'price': 'decimal(18, 4)', 'tax': 'decimal(18, 4)',
        }) }} as _unread,
        _loaded_at
    from pointed
)

select * from order_lines
