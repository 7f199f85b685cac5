with orders as (
    select
        orders.*,
        not currencies.is_known or orders.currency_code = 'XXX'
            as is_currency_unknown
    from {{ ref('fct_orders') }} as orders
    inner join {{ ref('dim_currencies') }} as currencies
        on orders.currency_code = currencies.currency_code
),

-- What a source states of an order and what its parts make.
tie_outs as (
    select * from {{ ref('agg_order_tie_outs') }}
    where
        is_exception
        and check_name in (
            'order_total', 'order_subtotal', 'order_discount', 'order_shipping',
            'order_tax'
        )
),

stated as (
    select
        source_name,
        check_name as rule_name,
        'order' as document_type,
        compared_id as document_id,
        currency_code,
        cast(expected_amount as varchar) as expected,
        cast(found_amount as varchar) as found,
        {{ money('abs(found_amount - expected_amount)') }} as amount,
        1 as row_count,
        false as is_kept_out
    from tie_outs
),

-- Of a cancelled order nothing is left, neither in all nor of any kind.
cancelled as (
    select
        orders.source_name,
        orders.order_id,
        orders.currency_code,
        orders.total_amount - orders.refunded_amount as left_amount,
        sum(entries.amount) filter (where entries.is_net_sales)
            as goods_amount,
        sum(entries.amount) filter (where entries.sales_measure = 'shipping')
            as shipping_amount,
        sum(entries.amount) filter (where entries.sales_measure = 'tax')
            as tax_amount,
        sum(entries.amount) filter (where entries.sales_measure = 'gift_cards')
            as gift_card_amount
    from orders
    inner join {{ ref('fct_ledger_entries') }} as entries
        on
            orders.order_key = entries.order_key
            and orders.currency_code = entries.currency_code
    where orders.is_cancelled
    group by
        orders.source_name,
        orders.order_id,
        orders.currency_code,
        orders.total_amount,
        orders.refunded_amount
),

fnd_orders as (
    select * from stated
    union all
    {{ findings_of('orders', "'order'", 'order_id', [
        value_rule('order_status_unknown', 'orders', 'order_status'),
        {
            'name': 'currency_unknown',
            'when': 'is_currency_unknown',
            'expected': "'a code of ISO 4217'",
            'found': 'currency_code',
            'amount': 'abs(total_amount)',
        },
        {
            'name': 'returned_more_than_sold',
            'when': 'returned_quantity > greatest(sold_quantity, 0)',
            'expected': "'at most ' || sold_quantity || ' units'",
            'found': "returned_quantity || ' units'",
        },
        {
            'name': 'refunded_more_than_charged',
            'when': 'refunded_amount > greatest(total_amount, 0)',
            'expected': "'at most ' || total_amount",
            'found': 'refunded_amount',
            'amount': 'refunded_amount - total_amount',
        },
    ] + date_rules('placed_at', 'order_date', 'abs(total_amount)')) }}
    union all
    {{ findings_of('cancelled', "'order'", 'order_id', [
        {
            'name': 'cancelled_order_keeps_money',
            'when': 'left_amount <> 0',
            'expected': "'nothing left'",
            'found': 'left_amount',
            'amount': 'abs(left_amount)',
        },
        {
            'name': 'cancelled_order_nets_in_total_only',
            'when': 'left_amount = 0 and (goods_amount <> 0 '
                'or shipping_amount <> 0 or tax_amount <> 0 '
                'or gift_card_amount <> 0)',
            'expected': "'nothing left of goods, shipping, tax and gift cards'",
            'found': "concat_ws(', ', 'goods ' || goods_amount, "
                "'shipping ' || shipping_amount, 'tax ' || tax_amount, "
                "'gift cards ' || gift_card_amount)",
            'amount': 'greatest(abs(coalesce(goods_amount, 0)), '
                'abs(coalesce(shipping_amount, 0)), '
                'abs(coalesce(tax_amount, 0)), '
                'abs(coalesce(gift_card_amount, 0)))',
        },
    ]) }}
)

select * from fnd_orders
