{%- set measures = {
    'orders_count': 'bigint',
    'sold_quantity': 'bigint',
    'net_sales_amount': 'decimal(18, 4)',
    'total_sales_amount': 'decimal(18, 4)',
} %}
with last_dates as (
    select
        source_name,
        max(entry_date) as sales_date
    from {{ ref('fct_ledger_entries') }}
    where {{ is_plausible('entry_at', 'entry_date') }}
    group by source_name
),

compared_dates as (
    select
        source_name,
        sales_date,
        sales_date as entry_date
    from last_dates
    union all
    select
        source_name,
        sales_date,
        sales_date - 7 as entry_date
    from last_dates
),

entries as (
    select
        ledger_entries.*,
        compared_dates.sales_date
    from {{ ref('fct_ledger_entries') }} as ledger_entries
    inner join compared_dates
        on
            ledger_entries.source_name = compared_dates.source_name
            and ledger_entries.entry_date = compared_dates.entry_date
),

hours as (
    select
        *,
        entry_date = sales_date as is_today,
        cast(hour({{ local_time('entry_at') }}) as integer) as sales_hour
    from entries
),

measured as (
    select
        sales_date,
        source_name,
        channel,
        sales_hour,
        is_today,
        {{ sales_measures() }}
    from hours
    group by sales_date, source_name, channel, sales_hour, is_today
),

compared as (
    select
        {%- for measure, type in measures.items() %}
        cast(
            coalesce(sum({{ measure }}) filter (where is_today), 0)
            as {{ type }}
        ) as {{ measure }},
        cast(
            coalesce(sum({{ measure }}) filter (where not is_today), 0)
            as {{ type }}
        ) as week_before_{{ measure }},
        {%- endfor %}
        sales_date,
        source_name,
        channel,
        sales_hour
    from measured
    group by sales_date, source_name, channel, sales_hour
),

rpt_sales_now as (
    select
        sales_date,
        source_name,
        channel,
        sales_hour,
        orders_count,
        week_before_orders_count,
        sold_quantity,
        week_before_sold_quantity,
        net_sales_amount,
        week_before_net_sales_amount,
        total_sales_amount,
        week_before_total_sales_amount
    from compared
)

select * from rpt_sales_now
