{%- set steps = ['product_view', 'cart', 'checkout', 'purchase'] %}
with sessions as (
    select
        *,
        coalesce(utm_campaign, '') as campaign
    from {{ ref('fct_sessions') }}
),

web_events as (
    select * from {{ ref('fct_web_events') }}
),

orders as (
    select * from {{ ref('fct_orders') }}
),

ledger_entries as (
    select * from {{ ref('fct_ledger_entries') }}
),

-- An order counts once, in the session that bought it, however often a page
-- of thanks is loaded again.
bought as (
    select
        order_key,
        session_key
    from web_events
    where
        event_type = 'purchase'
        and not is_bot
        and order_key in (select orders.order_key from orders)
    qualify
        row_number() over (
            partition by order_key order by occurred_at, event_id
        ) = 1
),

valued as (
    select
        order_key,
        sum(reporting_amount) as net_amount
    from ledger_entries
    where
        document_type = 'order'
        and entry_type in ('sale', 'discount')
        and order_key in (select bought.order_key from bought)
    group by order_key
),

sold as (
    select
        bought.session_key,
        count(*) as orders_count,
        sum(valued.net_amount) as net_amount
    from bought
    left join valued
        on bought.order_key = valued.order_key
    group by bought.session_key
),

counted as (
    select
        sessions.session_date,
        sessions.source_name,
        sessions.marketing_channel,
        sessions.campaign as utm_campaign,
        count(*) filter (where not sessions.is_bot) as sessions_count,
        {%- for step in steps %}
        count(*) filter (where sessions.has_{{ step }} and not sessions.is_bot)
            as {{ step }}_sessions_count,
        {%- endfor %}
        count(*) filter (where sessions.is_bot) as bot_sessions_count,
        cast(coalesce(sum(sold.orders_count), 0) as bigint) as orders_count,
        {{ money('coalesce(sum(sold.net_amount), 0)') }} as net_amount
    from sessions
    left join sold
        on sessions.session_key = sold.session_key
    group by
        sessions.session_date,
        sessions.source_name,
        sessions.marketing_channel,
        sessions.campaign
),

rpt_funnel_daily as (
    select
        session_date,
        source_name,
        marketing_channel,
        utm_campaign,
        sessions_count,
        {%- for step in steps %}
        {{ step }}_sessions_count,
        {%- endfor %}
        {%- for step in steps %}
        {{ quotient(step ~ '_sessions_count', 'sessions_count') }}
            as {{ 'conversion' if step == 'purchase' else step }}_rate,
        {%- endfor %}
        bot_sessions_count,
        orders_count,
        net_amount
    from counted
)

select * from rpt_funnel_daily
