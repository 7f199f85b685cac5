with order_lines as (
    select * from {{ ref('int_order_lines_united') }}
),

orders as (
    select * from {{ ref('fct_orders') }}
),

odd as (
    select * from order_lines
    where
        quantity is null
        or unit_price_amount is null
        or quantity < 0
        or unit_price_amount < 0
        or tax_amount < 0
        or discount_amount < 0
        or line_type = 'discount'
        or line_type is distinct from {{ booked_line_type() }}
),

odd_of_orders as (
    select
        odd.*,
        orders.currency_code,
        abs({{ line_price(
            'odd.quantity', 'odd.unit_price_amount'
        ) }}) as price_amount
    from odd
    inner join orders
        on
            odd.source_name = orders.source_name
            and odd.order_id = orders.order_id
),

-- Lines whose order has not come, or is gone.
alone as (
    select
        order_lines.source_name,
        order_lines.order_id,
        order_lines.order_line_id,
        cast(null as varchar) as currency_code,
        abs({{ line_price(
            'order_lines.quantity', 'order_lines.unit_price_amount'
        ) }}) as price_amount
    from order_lines
    where
        not exists (
            select 1
            from orders
            where
                orders.source_name = order_lines.source_name
                and orders.order_id = order_lines.order_id
        )
    {{ one_a_key(
        'source_name, order_id, order_line_id',
        ['_loaded_at', 'quantity', 'unit_price_amount', 'product_id']
    ) }}
),

fnd_order_lines as (
    {{ findings_of('odd_of_orders', "'order'", 'order_id', [
        {
            'name': 'line_value_missing',
            'when': 'quantity is null or unit_price_amount is null',
            'expected': "'quantity and price'",
            'found': "order_line_id || ': ' || concat_ws(' and ', "
                "case when quantity is null then 'no quantity' end, "
                "case when unit_price_amount is null then 'no price' end)",
        },
        {
            'name': 'negative_quantity',
            'when': 'quantity < 0',
            'expected': "'at least 0'",
            'found': "order_line_id || ': ' || quantity",
            'amount': 'price_amount',
        },
        {
            'name': 'negative_amount',
            'when': 'unit_price_amount < 0 or tax_amount < 0 '
                'or discount_amount < 0',
            'expected': "'at least 0'",
            'found': "order_line_id || ': ' || concat_ws(', ', "
                "case when unit_price_amount < 0 "
                "then 'price ' || unit_price_amount end, "
                "case when discount_amount < 0 "
                "then 'discount ' || discount_amount end, "
                "case when tax_amount < 0 then 'tax ' || tax_amount end)",
            'amount': 'case when unit_price_amount < 0 then price_amount else 0 end '
                '- least(tax_amount, 0) - least(discount_amount, 0)',
        },
        {
            'name': 'discount_with_tax',
            'when': "line_type = 'discount' and tax_amount <> 0",
            'expected': "'no tax'",
            'found': "order_line_id || ': ' || tax_amount",
            'amount': 'abs(tax_amount)',
        },
        value_rule(
            'line_type_unknown', 'order_lines', 'line_type',
            "order_line_id || ': ' || coalesce(line_type, 'nothing')",
            'price_amount'
        ),
    ]) }}
    union all
    {{ findings_of('alone', "'order'", 'order_id', [{
        'name': 'line_without_order',
        'when': 'true',
        'expected': "'an order of that number'",
        'found': 'order_line_id',
        'amount': 'price_amount',
        'is_kept_out': true,
    }]) }}
)

select * from fnd_order_lines
