with open_findings as (
    select * from {{ ref('rpt_findings') }}
    where is_open
),

rules as (
    select * from {{ ref('finding_rules') }}
),

counted as (
    select
        source_name,
        rule_name,
        count(*) as documents_count,
        sum(reporting_amount) as reporting_amount,
        count(*) filter (where reporting_amount is null and amount <> 0)
            as unvalued_count,
        array_to_string(
            list_sort(list(document_type || ' ' || document_id))[1:3], ', '
        ) as first_documents
    from open_findings
    group by source_name, rule_name
)

select
    counted.source_name,
    counted.rule_name,
    counted.documents_count,
    counted.reporting_amount,
    counted.first_documents,
    rules.description,
    rules.remedy
from counted
inner join rules
    on counted.rule_name = rules.rule_name
where
    {{ 'true' if env_var('STOREHOUSE_FINDINGS', '') == 'strict' else 'false' }}
    or counted.documents_count >= rules.stop_from_documents
    or counted.reporting_amount >= rules.stop_from_amount
    -- What has no value in the reporting currency may be any amount.
    or (counted.unvalued_count > 0 and rules.stop_from_amount is not null)
