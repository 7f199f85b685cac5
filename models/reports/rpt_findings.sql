with noted as (
    select * from {{ ref('snap_findings') }}
    where source_name in ('{{ active_sources() | join("', '") }}')
),

rules as (
    select * from {{ ref('finding_rules') }}
),

-- What a finding says now, or said last.
newest as (
    select
        *,
        min(dbt_valid_from) over (
            partition by source_name, rule_name, document_type, document_id
        ) as first_seen_at
    from noted
    qualify
        row_number() over (
            partition by source_name, rule_name, document_type, document_id
            order by dbt_valid_from desc
        ) = 1
),

rpt_findings as (
    select
        newest.source_name,
        newest.rule_name,
        newest.document_type,
        newest.document_id,

        rules.description,
        newest.expected,
        newest.found,
        rules.remedy,
        newest.currency_code,

        newest.amount,
        newest.reporting_amount,
        newest.kept_out_count,

        newest.dbt_valid_to is null as is_open,

        cast(newest.first_seen_at as timestamp) as first_seen_at,
        cast(newest.dbt_valid_to as timestamp) as gone_at
    from newest
    left join rules
        on newest.rule_name = rules.rule_name
)

select * from rpt_findings
