with payments as (
    select * from {{ ref('fct_payments') }}
    where
        payment_kind = 'charge'
        and payment_status in ('succeeded', 'failed')
),

sources as (
    select * from {{ ref('dim_sources') }}
),

dated as (
    select
        payments.source_name,
        payments.payment_status = 'failed' as is_failed,
        sources.last_business_date,
        payments.payment_date
        > sources.last_business_date
        - {{ var('alert_payment_days') }} as is_recent
    from payments
    inner join sources
        on
            payments.source_name = sources.source_name
            and payments.payment_date <= sources.last_business_date
            and payments.payment_date
            > sources.last_business_date
            - {{ var('alert_payment_days') + var('alert_baseline_days') }}
),

counted as (
    select
        source_name,
        last_business_date,
        count(*) filter (where is_recent) as charge_count,
        count(*) filter (where is_recent and is_failed) as failed_count,
        count(*) filter (where not is_recent) as usual_charge_count,
        count(*) filter (where not is_recent and is_failed)
            as usual_failed_count,
        {{ quotient(
            'count(*) filter (where is_recent and is_failed)',
            'count(*) filter (where is_recent)', 18, 6
        ) }} as failure_rate,
        coalesce({{ quotient(
            'count(*) filter (where not is_recent and is_failed)',
            'count(*) filter (where not is_recent)', 18, 6
        ) }}, 0) as usual_rate
    from dated
    group by source_name, last_business_date
),

found as (
    select
        source_name,
        'all' as alert_id,
        'critical' as severity,
        'Payments fail: ' || source_name as subject,
        'Since ' || last_business_date - {{ var('alert_payment_days') }} + 1
        || ', ' || failed_count || ' of ' || charge_count
        || ' charges failed, '
        || {{ percent_text('failure_rate') }} || '; in the '
        || '{{ var("alert_baseline_days") }} days before it was '
        || {{ percent_text('usual_rate') }}
        || '. Check the payment provider.' as detail,
        cast(last_business_date as timestamp) as occurred_at
    from counted
    where
        failed_count >= {{ var('alert_payment_min_failures') }}
        and failure_rate >= {{ var('alert_payment_min_rate') }}
        and failed_count * usual_charge_count
        >= {{ var('alert_payment_factor') }} * usual_failed_count * charge_count
),

alert_payment_failure_surge as (
    {{ alerts_of('found', 'payment_failure_surge') }}
)

select * from alert_payment_failure_surge
