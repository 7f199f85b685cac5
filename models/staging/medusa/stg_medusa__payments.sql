with payments as (
    {{ current_rows('medusa', 'payments') }}
),

captures as (
    {{ current_rows('medusa', 'captures') }}
),

refunds as (
    {{ current_rows('medusa', 'refunds') }}
),

-- A payment without a capture is still to come, or was called off.
waiting as (
    select
        payment_id,
        order_id,
        'charge' as payment_kind,
        case
            when canceled_at is null then 'pending' else 'failed'
        end as payment_status,
        provider_id,
        currency_code,
        amount,
        coalesce(canceled_at, created_at) as processed_at,
        updated_at,
        _loaded_at,
        _source_file,
        _row_number
    from payments
    where payment_id not in (select captures.payment_id from captures)
),

captured as (
    select
        capture_id as payment_id,
        order_id,
        'charge' as payment_kind,
        'succeeded' as payment_status,
        provider_id,
        currency_code,
        amount,
        created_at as processed_at,
        updated_at,
        _loaded_at,
        _source_file,
        _row_number
    from captures
),

refunded as (
    select
        refund_id as payment_id,
        order_id,
        'refund' as payment_kind,
        'succeeded' as payment_status,
        provider_id,
        currency_code,
        amount,
        created_at as processed_at,
        updated_at,
        _loaded_at,
        _source_file,
        _row_number
    from refunds
),

united as (
    select * from waiting
    union all
    select * from captured
    union all
    select * from refunded
),

renamed as (
    select
        payment_id,
        order_id,

        payment_kind,
        payment_status,
        regexp_replace(provider_id, '^pp_', '') as payment_method,
        upper(currency_code) as currency_code,

        {{ money('amount') }} as amount,

        {{ utc('processed_at') }} as processed_at,
        {{ utc('updated_at') }} as updated_at,

        _loaded_at,
        _source_file,
        _row_number
    from united
),

-- A payment is read again in every load, and came with the one that first said
-- what it says.
versions as (
    select
        *,
        min(_loaded_at) over (
            partition by
                payment_id,
                order_id,
                payment_kind,
                payment_status,
                payment_method,
                currency_code,
                amount,
                processed_at,
                updated_at
        ) as first_loaded_at
    from renamed
),

newest as (
    select
        * exclude (first_loaded_at, _source_file, _row_number)
        replace (first_loaded_at as _loaded_at)
    from versions
    qualify {{ newest_version('payment_id') }}
)

select * from newest
