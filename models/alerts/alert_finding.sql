with findings as (
    select
        *,
        count(*) over (partition by source_name, rule_name) as document_count
    from {{ ref('rpt_findings') }}
    where is_open
),

-- An amount that can't be converted may be any amount.
by_document as (
    select
        source_name,
        rule_name || ':' || document_type || ':' || document_id as alert_id,
        'warning' as severity,
        'Finding: ' || document_type || ' ' || document_id as subject,
        coalesce(description, rule_name) || '. Expected '
        || coalesce(expected, 'nothing') || ', found '
        || coalesce(found, 'nothing') || '; '
        || cast(cast(amount as decimal(18, 2)) as varchar) || ' '
        || coalesce(currency_code, 'of an unknown currency')
        || ' are at stake.' || coalesce(' ' || remedy || '.', '') as detail,
        first_seen_at as occurred_at
    from findings
    where
        document_count < {{ var('alert_finding_documents') }}
        and amount <> 0
        and coalesce(
            abs(reporting_amount) >= {{ var('alert_finding_amount') }}, true
        )
),

by_rule as (
    select
        source_name,
        rule_name as alert_id,
        'warning' as severity,
        'Findings: ' || rule_name as subject,
        document_count || ' documents: '
        || coalesce(any_value(description), rule_name) || '. '
        || {{ amount_text('coalesce(sum(abs(reporting_amount)), 0)') }}
        || ' are at stake.' || coalesce(' ' || any_value(remedy) || '.', '')
            as detail,
        min(first_seen_at) as occurred_at
    from findings
    where document_count >= {{ var('alert_finding_documents') }}
    group by source_name, rule_name, document_count
),

found as (
    select * from by_document
    union all
    select * from by_rule
),

alert_finding as (
    {{ alerts_of('found', 'finding') }}
)

select * from alert_finding
