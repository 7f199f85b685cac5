with payments as (
    select
        * replace (
            {{ booked_currency() }} as currency_code,
            coalesce(amount, 0) as amount
        ),
        {{ booked_at('processed_at') }} as paid_at,
        {{ local_date('paid_at') }} as payment_date
    from {{ ref('int_payments_united') }}
    where {{ in_changed_groups('source_name, payment_id') }}
    {{ one_a_key(
        'source_name, payment_id',
        ['updated_at', '_loaded_at', 'amount', 'processed_at']
    ) }}
),

orders as (
    select
        {{ surrogate_key("'order'", 'order_id') }} as order_key,
        source_name,
        order_id
    from {{ ref('int_orders_united') }}
    where
        (source_name, order_id) in (
            select
                payments.source_name,
                payments.order_id
            from payments
        )
    {{ one_a_key(
        'source_name, order_id',
        ['updated_at', '_loaded_at', 'total_amount', 'placed_at']
    ) }}
),

rates as (
    select * from {{ ref('int_exchange_rates_filled') }}
),

signed as (
    select
        *,
        case
            when coalesce(payment_status, '') <> 'succeeded' then 0
            when payment_kind = 'charge' then amount
            when payment_kind in ('refund', 'chargeback') then -amount
            else 0
        end as received_amount
    from payments
),

fct_payments as (
    select
        {{ surrogate_key(
            "'payment'", 'signed.payment_id', 'signed.source_name'
        ) }} as payment_key,
        coalesce(orders.order_key, '-1') as order_key,

        signed.source_name,
        signed.payment_id,
        signed.order_id,

        signed.payment_kind,
        signed.payment_status,
        signed.payment_method,
        signed.currency_code,

        signed.amount,
        {{ money('signed.received_amount') }} as received_amount,
        {{ in_reporting_currency(
            'signed.received_amount', 'signed.currency_code', 'rates.rate'
        ) }} as reporting_received_amount,

        signed.payment_date,
        signed.processed_at,

        signed._loaded_at
    from signed
    left join orders
        on
            signed.source_name = orders.source_name
            and signed.order_id = orders.order_id
    left join rates
        on
            signed.currency_code = rates.currency_code
            and signed.payment_date = rates.rate_date
)

select * from fct_payments
