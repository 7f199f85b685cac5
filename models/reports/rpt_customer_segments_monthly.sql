{% set window_days = var('rfm_window_days') %}
with customer_days as (
    {{ surviving_customer_days(
        ref('agg_customer_days'), ref('dim_customers')
    ) }}
),

segments as (
    select * from {{ ref('rfm_segments') }}
),

last_dates as (
    select
        source_name,
        first_entry_date as first_date,
        last_entry_date as last_date
    from {{ ref('dim_sources') }}
),

customer_months as (
    {{ customer_months(
        'customer_days',
        'last_dates',
        totals=[],
        trailing=['orders_count', 'net_sales_amount'],
        windows=[window_days]
    ) }}
),

figures as (
    select
        customer_key,
        source_name,
        cast(orders_count_{{ window_days }} as bigint) as orders_count,
        {{ money('net_sales_amount_' ~ window_days) }} as net_sales_amount,
        cast(month_end_date - last_order_date as integer) as recency_days,
        month_start_date,
        month_end_date,
        last_order_date
    from customer_months
),

-- The values at a fifth, two, three and four fifths of a month's customers.
cuts as (
    select
        source_name,
        month_start_date,
        quantile_disc(recency_days, [0.2, 0.4, 0.6, 0.8]) as recency_cuts,
        quantile_disc(orders_count, [0.2, 0.4, 0.6, 0.8]) as frequency_cuts,
        quantile_disc(net_sales_amount, [0.2, 0.4, 0.6, 0.8]) as monetary_cuts
    from figures
    group by source_name, month_start_date
),

-- A score is 1 and one more for each cut that the value lies above, so equal
-- values have equal scores. Recency is scored by its days, from the top:
-- whoever ordered last has a 5, and ties rise.
scored as (
    select
        figures.*,
        6 - (
            {{ quintile_score('figures.recency_days', 'cuts.recency_cuts') }}
        )
            as recency_score,
        {{ quintile_score('figures.orders_count', 'cuts.frequency_cuts') }}
            as frequency_score,
        {{ quintile_score('figures.net_sales_amount', 'cuts.monetary_cuts') }}
            as monetary_score
    from figures
    inner join cuts
        on
            figures.source_name = cuts.source_name
            and figures.month_start_date = cuts.month_start_date
),

combined as (
    select
        *,
        (frequency_score + monetary_score + 1) // 2 as frequency_monetary_score
    from scored
),

named as (
    select
        combined.*,
        segments.segment_name,
        segments.segment_rank,
        lag(segments.segment_name) over months as previous_segment_name,
        lag(segments.segment_rank) over months as previous_segment_rank,
        lag(combined.orders_count) over months as previous_orders_count
    from combined
    left join segments
        on
            combined.recency_score = segments.recency_score
            and combined.frequency_monetary_score
            = segments.frequency_monetary_score
    window months as (
        partition by combined.customer_key
        order by combined.month_start_date
    )
),

rpt_customer_segments_monthly as (
    select
        customer_key,

        source_name,

        segment_name,
        previous_segment_name,
        case
            when previous_segment_name is null then 'new'
            when previous_orders_count = 0 and orders_count > 0 then 'returned'
            when previous_orders_count > 0 and orders_count = 0 then 'lapsed'
            when segment_rank < previous_segment_rank then 'improved'
            when segment_rank > previous_segment_rank then 'declined'
            else 'stayed'
        end as movement,

        recency_days,
        orders_count,
        net_sales_amount,
        recency_score,
        frequency_score,
        monetary_score,
        frequency_monetary_score,

        month_start_date,
        month_end_date,
        last_order_date
    from named
)

select * from rpt_customer_segments_monthly
