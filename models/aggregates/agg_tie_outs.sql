with ledger_entries as (
    select * from {{ ref('fct_ledger_entries') }}
),

paying_sources as (
    select distinct source_name from {{ ref('fct_payments') }}
),

order_tie_outs as (
    select * from {{ ref('agg_order_tie_outs') }}
    where
        check_name <> 'order_payments'
        or source_name in (
            select paying_sources.source_name from paying_sources
        )
),

orders_summed as (
    select
        check_name,
        source_name,
        compared_key,
        compared_id,
        currency_code,

        expected_amount,
        found_amount,
        {{ money('sum(reporting_expected_amount)') }}
            as reporting_expected_amount,
        {{ money('sum(reporting_found_amount)') }} as reporting_found_amount,
        cast(sum(compared_count) as bigint) as compared_count,

        is_exception
    from order_tie_outs
    group by all
),

duplicates_compared as (
    select
        'duplicate_lines' as check_name,
        source_name,
        document_key as compared_key,
        document_id as compared_id,
        0 as expected_amount,
        sum(reporting_amount) as found_amount
    from ledger_entries
    where is_duplicate
    group by source_name, document_key, document_id
),

booked_by_day as (
    select
        source_name,
        entry_date as sales_date,
        sum(reporting_amount) filter (
            where entry_type in ('sale', 'discount', 'refund')
        ) as net_sales_amount,
        sum(reporting_amount) filter (where entry_type <> 'gift_card')
            as total_sales_amount
    from ledger_entries
    group by source_name, entry_date
),

{% for report in ['daily_sales', 'daily_totals'] -%}
{{ report }} as (
    select
        source_name,
        sales_date,
        sum(net_sales_amount) as net_sales_amount,
        sum(total_sales_amount) as total_sales_amount
    from {{ ref('rpt_' ~ report) }}
    group by source_name, sales_date
),

{% for measure in ['net', 'total'] -%}
{{ report }}_{{ measure }}_compared as (
    select
        '{{ report }}_{{ measure }}' as check_name,
        coalesce(booked.source_name, reported.source_name) as source_name,
        cast(coalesce(booked.sales_date, reported.sales_date) as varchar)
            as compared_key,
        compared_key as compared_id,
        coalesce(booked.{{ measure }}_sales_amount, 0) as expected_amount,
        coalesce(reported.{{ measure }}_sales_amount, 0) as found_amount
    from booked_by_day as booked
    full outer join {{ report }} as reported
        on
            booked.source_name = reported.source_name
            and booked.sales_date = reported.sales_date
),

{% endfor -%}
{% endfor -%}
booked_by_product as (
    select
        source_name,
        product_key,
        sum(reporting_amount) as net_sales_amount
    from ledger_entries
    where
        product_key <> '-1'
        and entry_type in ('sale', 'discount', 'refund')
    group by source_name, product_key
),

product_sales as (
    select
        source_name,
        product_key,
        product_id,
        sum(net_sales_amount) as net_sales_amount
    from {{ ref('rpt_product_sales') }}
    group by source_name, product_key, product_id
),

product_sales_compared as (
    select
        'product_sales_net' as check_name,
        coalesce(booked.source_name, reported.source_name) as source_name,
        coalesce(booked.product_key, reported.product_key) as compared_key,
        reported.product_id as compared_id,
        coalesce(booked.net_sales_amount, 0) as expected_amount,
        coalesce(reported.net_sales_amount, 0) as found_amount
    from booked_by_product as booked
    full outer join product_sales as reported
        on
            booked.source_name = reported.source_name
            and booked.product_key = reported.product_key
),

compared as (
    select * from duplicates_compared
    union all
    select * from daily_sales_net_compared
    union all
    select * from daily_sales_total_compared
    union all
    select * from daily_totals_net_compared
    union all
    select * from daily_totals_total_compared
    union all
    select * from product_sales_compared
),

judged as (
    select
        *,
        '{{ var("reporting_currency_code") }}' as currency_code,
        expected_amount as reporting_expected_amount,
        found_amount as reporting_found_amount,
        expected_amount <> found_amount as is_exception
    from compared
),

summed as (
    {{ tie_outs_summed('judged') }}
),

agg_tie_outs as (
    select * from orders_summed
    union all
    select * from summed
)

select * from agg_tie_outs
