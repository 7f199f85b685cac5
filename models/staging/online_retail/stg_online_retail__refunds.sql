with lines as (
    select * from {{ ref('base_online_retail__invoice_lines') }}
    where
        document_type in ('credit_note', 'adjustment')
        and {{ in_changed_groups('invoice_no') }}
),

-- Neither credit notes nor adjustments name the invoice they belong to.
refunds as (
    select
        invoice_no as refund_id,
        cast(null as varchar) as order_id,
        min(customer_id) as customer_id,

        'web' as channel,
        min(document_type) as reason,
        '{{ var("shops").online_retail.currency_code }}' as currency_code,

        {{ money('0') }} as shipping_amount,
        {{ money('0') }} as adjustment_amount,

        min(invoiced_at) as refunded_at,
        min(invoiced_at) as updated_at,

        max(_loaded_at) as _loaded_at
    from lines
    group by invoice_no
)

select * from refunds
