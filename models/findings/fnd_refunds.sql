with refunds as (
    select
        * replace ({{ booked_currency() }} as currency_code),
        {{ local_date(booked_at('refunded_at')) }} as refund_date
    from {{ ref('int_refunds_united') }}
    {{ one_a_key(
        'source_name, refund_id',
        ['updated_at', '_loaded_at', 'adjustment_amount', 'refunded_at']
    ) }}
),

refund_lines as (
    select *
    from {{ ref('int_refund_lines_united') }}
    {{ one_a_key(
        'source_name, refund_id, refund_line_id',
        ['_loaded_at', 'amount', 'quantity', 'product_id']
    ) }}
),

orders as (
    select * from {{ ref('fct_orders') }}
),

given as (
    select
        source_name,
        refund_id,
        sum(coalesce(amount, 0) + coalesce(tax_amount, 0)) as amount
    from refund_lines
    group by source_name, refund_id
),

refunds_of_orders as (
    select
        refunds.*,
        orders.order_id is not null as has_order,
        orders.currency_code as order_currency_code,
        orders.placed_at,
        coalesce(given.amount, 0)
        + coalesce(refunds.shipping_amount, 0)
        + coalesce(refunds.shipping_tax_amount, 0)
        + coalesce(refunds.adjustment_amount, 0) as given_amount,
        currencies.currency_code is null or refunds.currency_code = 'XXX'
            as is_currency_unknown
    from refunds
    left join {{ ref('currencies') }} as currencies
        on refunds.currency_code = currencies.currency_code
    left join orders
        on
            refunds.source_name = orders.source_name
            and refunds.order_id = orders.order_id
    left join given
        on
            refunds.source_name = given.source_name
            and refunds.refund_id = given.refund_id
),

lines_of_refunds as (
    select
        refund_lines.*,
        refunds.refund_id is not null as has_refund,
        refunds.order_id,
        refunds.currency_code
    from refund_lines
    left join refunds
        on
            refund_lines.source_name = refunds.source_name
            and refund_lines.refund_id = refunds.refund_id
),

refunded as (
    select
        source_name,
        order_id,
        order_line_id,
        currency_code,
        sum(quantity) as quantity,
        sum(amount) as amount,
        sum(tax_amount) as tax_amount
    from lines_of_refunds
    where order_id is not null and order_line_id is not null
    group by source_name, order_id, order_line_id, currency_code
),

-- Over all refunds of a line no more is given back than was sold.
returned as (
    select
        refunded.source_name,
        refunded.order_id,
        refunded.order_line_id,
        refunded.currency_code,
        refunded.quantity,
        lines.quantity as sold_quantity,
        refunded.amount,
        lines.net_amount as sold_amount,
        refunded.tax_amount,
        lines.tax_amount + lines.order_tax_amount as sold_tax_amount
    from refunded
    inner join {{ ref('fct_order_lines') }} as lines
        on
            {{ order_line_key(
                'refunded.order_id', 'refunded.order_line_id',
                'refunded.source_name'
            ) }} = lines.order_line_key
            and refunded.currency_code = lines.currency_code
),

fnd_refunds as (
    {{ findings_of('refunds_of_orders', "'refund'", 'refund_id', [
        {
            'name': 'currency_unknown',
            'when': 'is_currency_unknown',
            'expected': "'a code of ISO 4217'",
            'found': 'currency_code',
            'amount': 'abs(given_amount)',
        },
        {
            'name': 'currency_of_another_order',
            'when': 'currency_code <> order_currency_code',
            'expected': 'order_currency_code',
            'found': 'currency_code',
            'amount': 'abs(given_amount)',
        },
        {
            'name': 'order_unknown',
            'when': 'order_id is not null and not has_order',
            'expected': "'an order of that number'",
            'found': 'order_id',
            'amount': 'abs(given_amount)',
        },
        {
            'name': 'refund_before_order',
            'when': 'refunded_at < placed_at',
            'expected': "'at least ' || placed_at",
            'found': 'refunded_at',
            'amount': 'abs(given_amount)',
        },
        {
            'name': 'negative_amount',
            'when': 'shipping_amount < 0 or shipping_tax_amount < 0',
            'expected': "'at least 0'",
            'found': "concat_ws(', ', 'shipping ' || shipping_amount, "
                "'tax of shipping ' || shipping_tax_amount)",
            'amount': '-least(shipping_amount, shipping_tax_amount)',
        },
    ] + date_rules('refunded_at', 'refund_date', 'abs(given_amount)')) }}
    union all
    {{ findings_of('lines_of_refunds', "'refund'", 'refund_id', [
        {
            'name': 'refund_line_without_refund',
            'when': 'not has_refund',
            'expected': "'a refund of that number'",
            'found': 'refund_line_id',
            'amount': 'abs(coalesce(amount, 0) + coalesce(tax_amount, 0))',
            'is_kept_out': true,
        },
        {
            'name': 'line_value_missing',
            'when': "amount is null or (quantity is null "
                "and line_type is not distinct from 'goods')",
            'expected': "'quantity and amount'",
            'found': "refund_line_id || ': ' || concat_ws(' and ', "
                "case when quantity is null then 'no quantity' end, "
                "case when amount is null then 'no amount' end)",
        },
        {
            'name': 'negative_quantity',
            'when': 'quantity < 0',
            'expected': "'at least 0'",
            'found': "refund_line_id || ': ' || quantity",
            'amount': 'abs(amount)',
        },
        {
            'name': 'negative_refund',
            'when': 'amount < 0 or tax_amount < 0',
            'expected': "'at least 0'",
            'found': "refund_line_id || ': ' || concat_ws(', ', "
                "case when amount < 0 then 'amount ' || amount end, "
                "case when tax_amount < 0 then 'tax ' || tax_amount end)",
            'amount': '-least(amount, 0) - least(tax_amount, 0)',
        },
        value_rule(
            'line_type_unknown', 'refund_lines', 'line_type',
            "refund_line_id || ': ' || coalesce(line_type, 'nothing')",
            'abs(amount)'
        ),
    ]) }}
    union all
    {{ findings_of('returned', "'order'", 'order_id', [{
        'name': 'line_returned_more_than_sold',
        'when': 'quantity > greatest(sold_quantity, 0) '
            'or amount > greatest(sold_amount, 0) '
            'or tax_amount > greatest(sold_tax_amount, 0)',
        'expected': "order_line_id || ': at most ' || sold_quantity "
            "|| ' units, ' || sold_amount || ' and tax ' || sold_tax_amount",
        'found': "order_line_id || ': ' || quantity || ' units, ' || amount "
            "|| ' and tax ' || tax_amount",
        'amount': 'greatest(amount - sold_amount, 0) '
            '+ greatest(tax_amount - sold_tax_amount, 0)',
    }]) }}
)

select * from fnd_refunds
