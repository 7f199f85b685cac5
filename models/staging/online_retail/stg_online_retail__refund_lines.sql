with lines as (
    select * from {{ ref('base_online_retail__invoice_lines') }}
    where document_type in ('credit_note', 'adjustment')
),

refund_lines as (
    select
        line_id as refund_line_id,
        invoice_no as refund_id,
        cast(null as varchar) as order_line_id,
        product_id,

        line_type,

        -quantity as quantity,
        {{ money('-quantity * unit_price_amount') }} as amount,
        {{ money('0') }} as tax_amount,

        false as is_restocked,
        is_duplicate,

        _unread,
        _loaded_at
    from lines
)

select * from refund_lines
