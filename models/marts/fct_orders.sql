with orders as (
    select
        *,
        {{ surrogate_key("'order'", 'order_id') }} as order_key,
        {{ surrogate_key("'customer'", 'customer_id') }} as customer_key,
        {{ local_date('placed_at') }} as order_date
    from {{ ref('int_orders_united') }}
    {{ only_changed('source_name, order_id') }}
),

ledger_entries as (
    select * from {{ ref('fct_ledger_entries') }}
    where order_key in (select orders.order_key from orders)
),

goods as (
    select
        order_key,
        sum(tax_amount) as tax_amount
    from {{ ref('fct_order_lines') }}
    where
        line_type = 'goods'
        and order_key in (select orders.order_key from orders)
    group by order_key
),

booked as (
    select
        order_key,

        count(*) filter (where entry_type = 'sale') as goods_line_count,
        sum(quantity) filter (where entry_type = 'sale') as sold_quantity,
        -sum(quantity) filter (where entry_type = 'refund')
            as returned_quantity,

        sum(amount) filter (where entry_type = 'sale') as gross_sales_amount,
        -sum(amount) filter (
            where entry_type = 'discount' and document_type = 'order'
        ) as discount_amount,
        sum(amount) filter (where entry_type = 'shipping') as shipping_amount,
        sum(amount) filter (where entry_type = 'tax') as tax_amount,
        sum(amount) filter (where entry_type = 'gift_card')
            as gift_card_amount,
        sum(amount) filter (where document_type = 'order') as total_amount,
        -sum(amount) filter (where document_type = 'refund')
            as refunded_amount,
        sum(reporting_amount) filter (where document_type = 'order')
            as reporting_total_amount
    from ledger_entries
    group by order_key
),

fct_orders as (
    select
        orders.order_key,
        orders.customer_key,

        orders.source_name,
        orders.order_id,

        orders.channel,
        orders.order_status,
        orders.currency_code,
        orders.ship_country_code,

        cast(coalesce(booked.goods_line_count, 0) as integer)
            as goods_line_count,
        cast(coalesce(booked.sold_quantity, 0) as integer) as sold_quantity,
        cast(coalesce(booked.returned_quantity, 0) as integer)
            as returned_quantity,
        {{ money('coalesce(booked.gross_sales_amount, 0)') }}
            as gross_sales_amount,
        {{ money('coalesce(booked.discount_amount, 0)') }} as discount_amount,
        {{ money('coalesce(booked.shipping_amount, 0)') }} as shipping_amount,
        {{ money('coalesce(booked.tax_amount, 0)') }} as tax_amount,
        {{ money('coalesce(goods.tax_amount, 0)') }} as goods_tax_amount,
        {{ money('coalesce(booked.gift_card_amount, 0)') }} as gift_card_amount,
        {{ money('coalesce(booked.total_amount, 0)') }} as total_amount,
        {{ money('coalesce(booked.refunded_amount, 0)') }} as refunded_amount,
        {{ money('coalesce(booked.reporting_total_amount, 0)') }}
            as reporting_total_amount,
        orders.subtotal_amount as stated_subtotal_amount,
        orders.discount_amount as stated_discount_amount,
        orders.shipping_amount as stated_shipping_amount,
        orders.tax_amount as stated_tax_amount,
        orders.total_amount as stated_total_amount,

        orders.is_tax_included,
        orders.cancelled_at is not null as is_cancelled,

        orders.order_date,
        orders.placed_at,
        orders.cancelled_at,
        orders.shipped_at,
        orders.delivered_at,
        orders.updated_at,

        orders._loaded_at
    from orders
    left join booked
        on orders.order_key = booked.order_key
    left join goods
        on orders.order_key = goods.order_key
)

select * from fct_orders
