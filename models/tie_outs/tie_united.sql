{% set staged = {
    'orders': ('fct_orders', 'true', 'order', ['key_twice']),
    'order_lines': (
        'fct_order_lines', 'true', 'order',
        ['line_key_twice', 'line_without_order']
    ),
    'refund_lines': (
        'fct_ledger_entries',
        "document_type = 'refund' and document_line_id is not null "
            "and entry_type <> 'refund_tax'",
        'refund', ['line_key_twice', 'refund_line_without_refund']
    ),
    'payments': ('fct_payments', 'true', 'payment', ['key_twice']),
    'stock_movements': (
        'fct_stock_movements', 'true', 'stock_movement', ['key_twice']
    ),
    'web_events': ('fct_web_events', 'true', 'web_event', ['key_twice']),
} -%}
with ledger_entries as (
    select * from {{ ref('fct_ledger_entries') }}
),

findings as (
    select * from {{ ref('fnd_united') }}
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
        sum(reporting_amount) filter (where is_net_sales) as net_sales_amount,
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
    where is_net_sales and product_key <> '-1'
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

-- What was staged stands in the marts, or a finding says why not. Rows are
-- counted, not money.
{% for entity, (fact, rows, document_type, rules) in staged.items() -%}
staged_{{ entity }}_compared as (
    select
        'staged_{{ entity }}' as check_name,
        source_name,
        'rows' as compared_key,
        'rows' as compared_id,
        sum(staged_count) as expected_amount,
        sum(found_count) as found_amount
    from (
        select
            source_name,
            count(*) as staged_count,
            0 as found_count
        from {{ ref('int_' ~ entity ~ '_united') }}
        group by source_name
        union all
        select
            source_name,
            0 as staged_count,
            count(*) as found_count
        from {{ ref(fact) }}
        where {{ rows }}
        group by source_name
        union all
        select
            source_name,
            0 as staged_count,
            sum(kept_out_count) as found_count
        from findings
        where
            document_type = '{{ document_type }}'
            and rule_name in (
                {%- for rule in rules %}
                '{{ rule }}'{{ ',' if not loop.last }}
                {%- endfor %}
            )
        group by source_name
    )
    group by source_name
),

{% endfor -%}
compared as (
    select * from duplicates_compared
    {%- for entity in staged %}
    union all
    select * from staged_{{ entity }}_compared
    {%- endfor %}
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

tie_united as (
    select * from orders_summed
    union all
    select * from summed
)

select * from tie_united
