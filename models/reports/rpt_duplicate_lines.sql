with ledger_entries as (
    select * from {{ ref('fct_ledger_entries') }}
    where is_duplicate
),

rpt_duplicate_lines as (
    select
        source_name,
        document_type,

        count(*) as duplicate_line_count,
        count(distinct document_key) as document_count,
        {{ money('sum(reporting_amount)') }} as amount,

        entry_date as sales_date
    from ledger_entries
    group by source_name, document_type, entry_date
)

select * from rpt_duplicate_lines
