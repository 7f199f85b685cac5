with source as (
    {{ current_rows('shop', 'order_lines') }}
),

renamed as (
    select
        order_line_id,
        order_id,
        product_id,

        line_type,

        cast(line_number as integer) as line_number,
        cast(quantity as integer) as quantity,
        {{ money('unit_price_amount') }} as unit_price_amount,
        {{ money('discount_amount') }} as discount_amount,
        {{ money('tax_amount') }} as tax_amount,

        false as is_duplicate,

        {{ utc('updated_at') }} as updated_at,

        _loaded_at,
        _source_file,
        _row_number
    from source
),

-- A delivery of lines holds all lines of its order: the newest one counts
-- whole, and what it no longer holds is gone.
newest as (
    select * exclude (updated_at, _source_file, _row_number)
    from renamed
    qualify
        updated_at = max(updated_at) over (partition by order_id)
        and row_number() over (
            partition by order_id, order_line_id
            order by
                updated_at desc,
                _loaded_at desc,
                _source_file desc,
                _row_number desc
        ) = 1
)

select * from newest
