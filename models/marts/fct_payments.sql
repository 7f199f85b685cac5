with payments as (
    select * from {{ ref('int_payments_united') }}
),

fct_payments as (
    select
        {{ surrogate_key("'payment'", 'payment_id') }} as payment_key,
        {{ surrogate_key("'order'", 'order_id') }} as order_key,

        source_name,
        payment_id,

        payment_kind,
        payment_status,
        payment_method,
        currency_code,

        amount,
        {{ money(
            "case when payment_status <> 'succeeded' then 0 "
            "when payment_kind = 'charge' then amount else -amount end"
        ) }} as received_amount,

        payment_date,
        processed_at,

        _loaded_at
    from payments
)

select * from fct_payments
