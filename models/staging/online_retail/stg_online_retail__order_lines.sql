with lines as (
    select * from {{ ref('base_online_retail__invoice_lines') }}
    where document_type = 'invoice'
),

order_lines as (
    select
        line_id as order_line_id,
        invoice_no as order_id,
        product_id,

        line_type,

        line_number,
        quantity,
        unit_price_amount,
        {{ money('0') }} as discount_amount,
        {{ money('0') }} as tax_amount,

        is_duplicate,

        _unread,
        _loaded_at
    from lines
)

select * from order_lines
