with goods as (
    {{ shopify_rows('refund_lines') }}
),

shipping as (
    {{ shopify_rows('refund_shipping_lines') }}
),

adjustments as (
    {{ shopify_rows('order_adjustments') }}
),

-- A line that an answer repeats must not double what was refunded of it.
order_lines as (
    select
        order_line_id,
        max(product_id) as product_id
    from {{ ref('stg_shopify__order_lines') }}
    group by order_line_id
),

united as (
    select
        goods.refund_line_id,
        goods.refund_id,
        goods.order_line_id,
        case
            when not cast(goods.is_gift_card as boolean)
                then coalesce(order_lines.product_id, goods.variant_id)
        end as product_id,
        case
            when cast(goods.is_gift_card as boolean) then 'gift_card'
            else 'goods'
        end as line_type,
        {{ exact('goods.quantity', 'integer') }} as quantity,
        {{ exact('goods.amount', 'decimal(18, 4)') }} as amount,
        {{ exact('goods.tax_amount', 'decimal(18, 4)') }} as tax_amount,
        cast(goods.is_tax_included as boolean) as is_tax_included,
        cast(goods.is_restocked as boolean) as is_restocked,
        goods._loaded_at
    from goods
    left join order_lines
        on goods.order_line_id = order_lines.order_line_id
    union all
    select
        refund_shipping_line_id as refund_line_id,
        refund_id,
        shipping_line_id as order_line_id,
        null as product_id,
        'shipping' as line_type,
        1 as quantity,
        {{ exact('amount', 'decimal(18, 4)') }} as amount,
        {{ exact('tax_amount', 'decimal(18, 4)') }} as tax_amount,
        cast(is_tax_included as boolean) as is_tax_included,
        false as is_restocked,
        _loaded_at
    from shipping
    union all
    -- Negative is given back; always without its tax.
    select
        order_adjustment_id as refund_line_id,
        refund_id,
        null as order_line_id,
        null as product_id,
        'adjustment' as line_type,
        1 as quantity,
        -{{ exact('amount', 'decimal(18, 4)') }} as amount,
        -{{ exact('tax_amount', 'decimal(18, 4)') }} as tax_amount,
        false as is_tax_included,
        false as is_restocked,
        _loaded_at
    from adjustments
),

refund_lines as (
    select
        refund_line_id,
        refund_id,
        order_line_id,
        product_id,

        line_type,

        quantity,
        {{ money(
            'amount - case when is_tax_included then tax_amount else 0 end'
        ) }} as amount,
        {{ money('tax_amount') }} as tax_amount,

        is_restocked,
        false as is_duplicate,

        _loaded_at
    from united
)

select * from refund_lines
