with lines as (
    select * from {{ ref('base_medusa__order_lines') }}
),

order_lines as (
    select
        order_line_id,
        order_id,
        product_id,

        line_type,

        line_number,
        quantity,
        unit_price_amount,
        discount_amount,
        tax_amount,

        false as is_duplicate,

        updated_at,

        _loaded_at
    from lines
)

select * from order_lines
