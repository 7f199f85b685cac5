with orders as (
    select
        * replace (
            {{ booked_currency() }} as currency_code,
            coalesce(channel, 'unknown') as channel
        ),
        {{ booked_at('placed_at') }} as ordered_at,
        {{ surrogate_key("'order'", 'order_id') }} as order_key,
        {{ surrogate_key("'customer'", 'customer_id') }} as customer_key,
        {{ local_date('ordered_at') }} as order_date
    from {{ ref('int_orders_united') }}
    where {{ in_changed_groups('source_name, order_id') }}
    {{ one_a_key(
        'source_name, order_id',
        ['updated_at', '_loaded_at', 'total_amount', 'placed_at']
    ) }}
),

ledger_entries as (
    select * from {{ ref('fct_ledger_entries') }}
),

goods as (
    select
        order_key,
        sum(tax_amount + order_tax_amount) as tax_amount
    from {{ ref('fct_order_lines') }}
    where
        line_type = 'goods'
        and (source_name, order_id) in (
            select
                orders.source_name,
                orders.order_id
            from orders
        )
    group by order_key
),

-- A refund in another currency than its order is not summed with it.
booked as (
    select
        orders.order_key,

        count(*) filter (where entries.entry_type = 'sale') as goods_line_count,
        sum(entries.quantity) filter (where entries.entry_type = 'sale')
            as sold_quantity,
        -sum(entries.quantity) filter (where entries.entry_type = 'refund')
            as returned_quantity,

        sum(entries.amount) filter (where entries.entry_type = 'sale')
            as gross_sales_amount,
        -sum(entries.amount) filter (
            where
            entries.entry_type = 'discount' and entries.document_type = 'order'
        ) as discount_amount,
        sum(entries.amount) filter (where entries.entry_type = 'shipping')
            as shipping_amount,
        sum(entries.amount) filter (where entries.entry_type = 'tax')
            as tax_amount,
        sum(entries.amount) filter (
            where
            entries.entry_type = 'gift_card'
            and entries.document_type = 'order'
        ) as gift_card_amount,
        sum(entries.amount) filter (where entries.entry_type = 'difference')
            as difference_amount,
        sum(entries.amount) filter (where entries.document_type = 'order')
            as total_amount,
        -sum(entries.amount) filter (
            where
            entries.document_type = 'refund'
            and entries.currency_code = orders.currency_code
        ) as refunded_amount,
        case
            when
                count(entries.reporting_amount)
                filter (where entries.document_type = 'order')
                = count(*) filter (where entries.document_type = 'order')
                then
                    coalesce(
                        sum(entries.reporting_amount)
                        filter (where entries.document_type = 'order'),
                        0
                    )
        end as reporting_total_amount
    from ledger_entries as entries
    inner join orders
        on
            entries.source_name = orders.source_name
            and entries.order_id = orders.order_id
    group by orders.order_key
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
        {{ money('coalesce(booked.difference_amount, 0)') }}
            as difference_amount,
        {{ money('coalesce(booked.total_amount, 0)') }} as total_amount,
        {{ money('coalesce(booked.refunded_amount, 0)') }} as refunded_amount,
        {{ money('case when booked.order_key is null then 0 '
            'else booked.reporting_total_amount end') }}
            as reporting_total_amount,
        orders.subtotal_amount as stated_subtotal_amount,
        orders.discount_amount as stated_discount_amount,
        orders.shipping_amount as stated_shipping_amount,
        orders.tax_amount as stated_tax_amount,
        orders.total_amount as stated_total_amount,

        orders.is_tax_included,
        orders.cancelled_at is not null
        or coalesce(orders.order_status = 'cancelled', false) as is_cancelled,

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
