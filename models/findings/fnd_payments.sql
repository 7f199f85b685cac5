with payments as (
    select
        payments.*,
        orders.order_id is not null as has_order,
        orders.currency_code as order_currency_code,
        not currencies.is_known or payments.currency_code = 'XXX'
            as is_currency_unknown
    from {{ ref('fct_payments') }} as payments
    inner join {{ ref('dim_currencies') }} as currencies
        on payments.currency_code = currencies.currency_code
    left join {{ ref('fct_orders') }} as orders
        on payments.order_key = orders.order_key
),

fnd_payments as (
    {{ findings_of('payments', "'payment'", 'payment_id', [
        value_rule(
            'payment_kind_unknown', 'payments', 'payment_kind',
            amount='abs(amount)'
        ),
        value_rule(
            'payment_status_unknown', 'payments', 'payment_status',
            amount='abs(amount)'
        ),
        {
            'name': 'currency_unknown',
            'when': 'is_currency_unknown',
            'expected': "'a code of ISO 4217'",
            'found': 'currency_code',
            'amount': 'abs(amount)',
        },
        {
            'name': 'currency_of_another_order',
            'when': 'currency_code <> order_currency_code '
                'and received_amount <> 0',
            'expected': 'order_currency_code',
            'found': 'currency_code',
            'amount': 'abs(amount)',
        },
        {
            'name': 'order_unknown',
            'when': 'order_id is not null and not has_order '
                'and received_amount <> 0',
            'expected': "'an order of that number'",
            'found': 'order_id',
            'amount': 'abs(amount)',
        },
        {
            'name': 'negative_amount',
            'when': 'amount < 0',
            'expected': "'at least 0'",
            'found': 'amount',
            'amount': '-amount',
        },
        {
            'name': 'rate_missing',
            'when': 'received_amount <> 0 '
                'and reporting_received_amount is null',
            'expected': "'a rate of ' || currency_code || ' on ' "
                "|| payment_date",
            'found': 'null',
            'amount': 'abs(amount)',
        },
    ] + date_rules('processed_at', 'payment_date', 'abs(amount)')) }}
)

select * from fnd_payments
