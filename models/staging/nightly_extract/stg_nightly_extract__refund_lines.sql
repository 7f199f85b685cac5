with refunds as (
    select * from {{ ref('stg_nightly_extract__refunds') }}
),

order_lines as (
    select * from {{ ref('stg_nightly_extract__order_lines') }}
),

refund_lines as (
    select
        order_lines.order_line_id as refund_line_id,
        refunds.refund_id,
        order_lines.order_line_id,
        order_lines.product_id,

        order_lines.line_type,

        order_lines.quantity,
        {{ money(
            'order_lines.quantity * order_lines.unit_price_amount'
        ) }} as amount,
        order_lines.tax_amount,

        true as is_restocked,
        false as is_duplicate,

        greatest(refunds._loaded_at, order_lines._loaded_at) as _loaded_at
    from refunds
    inner join order_lines
        on refunds.order_id = order_lines.order_id
)

select * from refund_lines
