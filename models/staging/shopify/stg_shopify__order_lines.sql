with orders as (
    select * from {{ ref('base_shopify__orders') }}
    where {{ in_changed_groups('order_id') }}
),

items as (
    {{ shopify_rows('order_lines') }}
),

discounts as (
    {{ shopify_rows('order_line_discounts') }}
),

taxes as (
    {{ shopify_rows('order_line_taxes') }}
),

shipping as (
    {{ shopify_rows('shipping_lines') }}
),

shipping_taxes as (
    {{ shopify_rows('shipping_line_taxes') }}
),

-- A deleted variant is no longer named: what an earlier answer said holds.
variants_named as (
    select
        order_line_id,
        max(variant_id) as variant_id
    from {{ source('shopify', 'order_lines') }}
    where {{ in_changed_groups('order_id') }}
    group by order_line_id
),

-- Shopify shares out a discount on the order itself, to the penny.
discounts_by_line as (
    select
        order_line_id,
        sum({{ exact('amount', 'decimal(18, 4)') }}) as amount
    from discounts
    group by order_line_id
),

taxes_by_line as (
    select
        order_line_id,
        sum({{ exact('amount', 'decimal(18, 4)') }}) as amount
    from taxes
    group by order_line_id
),

taxes_by_shipping_line as (
    select
        shipping_line_id,
        sum({{ exact('amount', 'decimal(18, 4)') }}) as amount
    from shipping_taxes
    group by shipping_line_id
),

goods as (
    select
        items.order_line_id,
        items.order_id,
        case
            when not cast(items.is_gift_card as boolean)
                then coalesce(items.variant_id, variants_named.variant_id)
        end as product_id,
        case
            when cast(items.is_gift_card as boolean) then 'gift_card'
            else 'goods'
        end as line_type,
        {{ exact('items.quantity', 'integer') }} as quantity,
        {{ exact('items.unit_price_amount', 'decimal(18, 4)') }}
            as unit_price_amount,
        coalesce(discounts_by_line.amount, 0) as discount_amount,
        coalesce(taxes_by_line.amount, 0) as tax_amount,
        items._loaded_at,
        items._row_number
    from items
    left join discounts_by_line
        on items.order_line_id = discounts_by_line.order_line_id
    left join taxes_by_line
        on items.order_line_id = taxes_by_line.order_line_id
    left join variants_named
        on items.order_line_id = variants_named.order_line_id
),

shipped as (
    select
        shipping.shipping_line_id as order_line_id,
        shipping.order_id,
        cast(null as varchar) as product_id,
        'shipping' as line_type,
        1 as quantity,
        {{ exact('shipping.original_amount', 'decimal(18, 4)') }}
            as unit_price_amount,
        {{ exact('shipping.original_amount', 'decimal(18, 4)') }}
        - {{ exact('shipping.discounted_amount', 'decimal(18, 4)') }}
            as discount_amount,
        coalesce(taxes_by_shipping_line.amount, 0) as tax_amount,
        shipping._loaded_at,
        shipping._row_number
    from shipping
    left join taxes_by_shipping_line
        on shipping.shipping_line_id = taxes_by_shipping_line.shipping_line_id
),

-- What stands on the head of an order, and in no list of it.
fees as (
    select
        orders.order_id || ' ' || parts.part as order_line_id,
        orders.order_id,
        cast(null as varchar) as product_id,
        'fee' as line_type,
        1 as quantity,
        case parts.part
            when 'tip' then orders.tip_amount
            when 'duties' then orders.duties_amount
            when 'additional_fees' then orders.additional_fees_amount
        end as unit_price_amount,
        0 as discount_amount,
        0 as tax_amount,
        orders._loaded_at,
        parts.place as _row_number
    from orders
    cross join (
        values ('tip', 1), ('duties', 2), ('additional_fees', 3)
    ) as parts (part, place)
),

united as (
    select * from goods
    union all
    select * from shipped
    union all
    select * from fees
    where unit_price_amount <> 0
),

order_lines as (
    select
        order_line_id,
        order_id,
        product_id,

        line_type,

        cast(row_number() over (
            partition by order_id
            order by
                line_type = 'fee',
                line_type = 'shipping',
                line_type = 'gift_card',
                _row_number,
                order_line_id
        ) as integer) as line_number,
        quantity,
        {{ money('unit_price_amount') }} as unit_price_amount,
        {{ money('discount_amount') }} as discount_amount,
        {{ money('tax_amount') }} as tax_amount,

        false as is_duplicate,

        _loaded_at
    from united
)

select * from order_lines
