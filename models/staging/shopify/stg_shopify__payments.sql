with source as (
    {{ shopify_rows('transactions') }}
),

-- An authorization moves no money; change is given back in cash.
payments as (
    select
        transaction_id as payment_id,
        order_id,

        case kind
            when 'SALE' then 'charge'
            when 'CAPTURE' then 'charge'
            when 'REFUND' then 'refund'
            when 'CHANGE' then 'refund'
        end as payment_kind,
        case status
            when 'SUCCESS' then 'succeeded'
            when 'FAILURE' then 'failed'
            when 'ERROR' then 'failed'
            else 'pending'
        end as payment_status,
        case lower(gateway)
            when 'shopify_payments' then 'card'
            else coalesce(lower(gateway), 'unknown')
        end as payment_method,
        currency_code,

        {{ exact('amount', 'decimal(18, 4)') }} as amount,

        {{ utc('coalesce(processed_at, created_at)') }} as processed_at,
        {{ utc('order_updated_at') }} as updated_at,

        _loaded_at
    from source
    where
        kind in ('SALE', 'CAPTURE', 'REFUND', 'CHANGE')
        and not cast(is_test as boolean)
)

select * from payments
