with tie_outs as (
    select * from {{ ref('rpt_reconciliation') }}
    where exception_count > 0 or difference_amount <> 0
),

sources as (
    select * from {{ ref('dim_sources') }}
),

-- A tie-out that must tie may not differ at all.
found as (
    select
        tie_outs.source_name,
        tie_outs.check_name as alert_id,
        case when tie_outs.must_tie then 'critical' else 'warning' end
            as severity,
        'Tie-out differs: ' || tie_outs.check_name as subject,
        coalesce(tie_outs.description, tie_outs.check_name) || ': expected '
        || {{ amount_text('tie_outs.expected_amount') }} || ', found '
        || {{ amount_text('tie_outs.found_amount') }} || ', which differs by '
        || {{ amount_text('tie_outs.difference_amount') }} || '; '
        || tie_outs.exception_count || ' of ' || tie_outs.compared_count
        || ' do not tie.' as detail,
        cast(sources.last_business_date as timestamp) as occurred_at
    from tie_outs
    left join sources
        on tie_outs.source_name = sources.source_name
    where
        tie_outs.must_tie
        or (
            abs(tie_outs.difference_amount)
            >= {{ var('alert_tie_out_min_amount') }}
            and abs(tie_outs.difference_amount)
            >= {{ var('alert_tie_out_share') }}
            * abs(tie_outs.expected_amount)
        )
),

alert_tie_out as (
    {{ alerts_of('found', 'tie_out') }}
)

select * from alert_tie_out
