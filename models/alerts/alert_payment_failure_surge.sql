with payments as (
    select * from {{ ref('fct_payments') }}
    where payment_kind = 'charge'
),

-- last_business_date counts no failed charges: while all fail, it stands still.
last_charges as (
    select
        source_name,
        max(payment_date) as last_charge_date
    from payments
    where {{ is_plausible('processed_at', 'payment_date') }}
    group by source_name
),

dated as (
    select
        payments.source_name,
        payments.payment_status = 'failed' as is_failed,
        last_charges.last_charge_date,
        payments.payment_date
        > last_charges.last_charge_date
        - {{ var('alert_payment_days') }} as is_recent
    from payments
    inner join last_charges
        on
            payments.source_name = last_charges.source_name
            and payments.payment_date <= last_charges.last_charge_date
            and payments.payment_date
            > last_charges.last_charge_date
            - {{ var('alert_payment_days') + var('alert_baseline_days') }}
    where payments.payment_status in ('succeeded', 'failed')
),

counted as (
    select
        source_name,
        last_charge_date,
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
    group by source_name, last_charge_date
),

found as (
    select
        source_name,
        'all' as alert_id,
        'critical' as severity,
        'Payments fail: ' || source_name as subject,
        'Since ' || last_charge_date - {{ var('alert_payment_days') }} + 1
        || ', ' || failed_count || ' of ' || charge_count
        || ' charges failed, '
        || {{ percent_text('failure_rate') }} || '; in the '
        || '{{ var("alert_baseline_days") }} days before it was '
        || {{ percent_text('usual_rate') }}
        || '. Check the payment provider.' as detail,
        cast(last_charge_date as timestamp) as occurred_at
    from counted
    where
        failed_count >= {{ var('alert_payment_min_failures') }}
        and usual_charge_count > 0
        and failure_rate >= {{ var('alert_payment_min_rate') }}
        and failed_count * usual_charge_count
        >= {{ var('alert_payment_factor') }} * usual_failed_count * charge_count
),

alert_payment_failure_surge as (
    {{ alerts_of('found', 'payment_failure_surge') }}
)

select * from alert_payment_failure_surge
