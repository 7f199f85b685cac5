with compared as (
    select * from {{ ref('tie_united') }}
    where is_exception
),

tie_outs as (
    select * from {{ ref('tie_outs') }}
),

rpt_reconciliation_exceptions as (
    select
        compared.source_name,
        compared.check_name,
        compared.compared_key,
        compared.compared_id,

        compared.currency_code,

        compared.expected_amount,
        compared.found_amount,
        {{ money('compared.found_amount - compared.expected_amount') }}
            as difference_amount,

        tie_outs.must_tie
    from compared
    inner join tie_outs
        on compared.check_name = tie_outs.check_name
)

select * from rpt_reconciliation_exceptions
