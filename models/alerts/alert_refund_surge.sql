with ledger_entries as (
    select * from {{ ref('fct_ledger_entries') }}
),

last_dates as (
    select
        source_name,
        max(entry_date) as last_entry_date
    from ledger_entries
    where {{ is_plausible('entry_at', 'entry_date') }}
    group by source_name
),

dated as (
    select
        ledger_entries.source_name,
        ledger_entries.entry_type,
        ledger_entries.sales_measure,
        ledger_entries.quantity,
        ledger_entries.reporting_amount,
        last_dates.last_entry_date,
        ledger_entries.entry_date
        > last_dates.last_entry_date - {{ var('alert_refund_days') }}
            as is_recent
    from ledger_entries
    inner join last_dates
        on
            ledger_entries.source_name = last_dates.source_name
            and ledger_entries.entry_date <= last_dates.last_entry_date
            and ledger_entries.entry_date
            > last_dates.last_entry_date
            - {{ var('alert_refund_days') + var('alert_baseline_days') }}
),

summed as (
    select
        source_name,
        last_entry_date,
        {{ money("coalesce(-sum(reporting_amount) filter ("
            "where is_recent and sales_measure = 'returns'), 0)") }}
            as returns_amount,
        {{ money("coalesce(sum(reporting_amount) filter ("
            "where is_recent and sales_measure = 'gross_sales'), 0)") }}
            as gross_sales_amount,
        {{ money("coalesce(-sum(reporting_amount) filter ("
            "where not is_recent and sales_measure = 'returns'), 0)") }}
            as usual_returns_amount,
        {{ money("coalesce(sum(reporting_amount) filter ("
            "where not is_recent and sales_measure = 'gross_sales'), 0)") }}
            as usual_gross_sales_amount,
        cast(
            coalesce(
                -sum(quantity) filter (
                    where is_recent and entry_type = 'refund'
                ),
                0
            ) as bigint
        ) as returned_quantity
    from dated
    group by source_name, last_entry_date
),

-- One absurd amount makes no rate that can't be held: it ends at a thousand.
rated as (
    select
        *,
        {{ quotient(
            'least(returns_amount, 1000 * gross_sales_amount)',
            'gross_sales_amount', 18, 6
        ) }} as returns_rate,
        {{ quotient(
            'least(usual_returns_amount, 1000 * usual_gross_sales_amount)',
            'usual_gross_sales_amount', 18, 6
        ) }} as usual_rate
    from summed
),

found as (
    select
        source_name,
        'all' as alert_id,
        'warning' as severity,
        'Refund surge: ' || source_name as subject,
        'Since ' || last_entry_date - {{ var('alert_refund_days') }} + 1
        || ', ' || returned_quantity || ' units worth '
        || {{ amount_text('returns_amount') }} || ' were refunded, '
        || coalesce(
            {{ percent_text('returns_rate') }} || ' of gross sales',
            'and nothing was sold'
        )
        || '; in the {{ var("alert_baseline_days") }} days before it was '
        || {{ percent_text('usual_rate') }}
        || if(returns_rate is null, ' of gross sales.', '.') as detail,
        cast(last_entry_date as timestamp) as occurred_at
    from rated
    where
        returned_quantity >= {{ var('alert_refund_min_units') }}
        and usual_rate is not null
        and (
            -- Returns without sales are any multiple of their usual share.
            (returns_rate is null and returns_amount > 0)
            or (
                returns_rate >= {{ var('alert_refund_min_rate') }}
                and returns_rate
                >= {{ var('alert_refund_factor') }} * usual_rate
            )
        )
),

alert_refund_surge as (
    {{ alerts_of('found', 'refund_surge') }}
)

select * from alert_refund_surge
