with source as (
    {{ current_rows('shop', 'order_lines') }}
),

renamed as (
    select
        order_line_id,
        order_id,
        product_id,

        line_type,

        {{ exact('line_number', 'integer') }} as line_number,
        {{ exact('quantity', 'integer') }} as quantity,
        {{ exact('unit_price_amount', 'decimal(18, 4)') }} as unit_price_amount,
        {{ exact('discount_amount', 'decimal(18, 4)') }} as discount_amount,
        {{ exact('tax_amount', 'decimal(18, 4)') }} as tax_amount,

        false as is_duplicate,

        {{ utc('updated_at') }} as updated_at,

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
