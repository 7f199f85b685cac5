with compared as (
    select * from {{ ref('tie_united') }}
),

tie_outs as (
    select * from {{ ref('tie_outs') }}
),

sources as (
    select distinct source_name from {{ ref('fct_ledger_entries') }}
),

summed as (
    select
        source_name,
        check_name,
        sum(reporting_expected_amount) as expected_amount,
        sum(reporting_found_amount) as found_amount,
        cast(sum(compared_count) as bigint) as compared_count,
        count(*) filter (where is_exception) as exception_count
    from compared
    group by source_name, check_name
),

-- Every source has a row of every tie-out, also of those that compare nothing.
expected as (
    select
        sources.source_name,
        tie_outs.*
    from sources
    cross join tie_outs
),

rpt_reconciliation as (
    select
        coalesce(expected.source_name, summed.source_name) as source_name,
        coalesce(expected.check_name, summed.check_name) as check_name,
        expected.description,

        {{ money('coalesce(summed.expected_amount, 0)') }} as expected_amount,
        {{ money('coalesce(summed.found_amount, 0)') }} as found_amount,
        {{ money(
            'coalesce(summed.found_amount - summed.expected_amount, 0)'
        ) }} as difference_amount,
        coalesce(summed.compared_count, 0) as compared_count,
        coalesce(summed.exception_count, 0) as exception_count,

        expected.must_tie
    from expected
    full outer join summed
        on
            expected.source_name = summed.source_name
            and expected.check_name = summed.check_name
)

select * from rpt_reconciliation
