{%- set steps = ['product_view', 'cart', 'checkout', 'purchase'] %}
with visits as (
    select
        *,
        coalesce(utm_campaign, '') as campaign
    from {{ ref('fct_sessions') }}
    where {{ in_changed_groups('source_name, session_date') }}
),

purchases as (
    select * from {{ ref('agg_purchases') }}
    where
        session_key in (select visits.session_key from visits)
        or order_key in (select visits.order_key from visits)
),

sold as (
    select
        session_key,
        count(*) as orders_count,
        sum(net_amount) as net_amount
    from purchases
    group by session_key
),

-- A confirmation page of an order that was bought in another session is no
-- purchase.
sessions as (
    select
        visits.* replace (
            visits.has_purchase
            and (
                bought.order_key is null
                or visits.session_key in (select sold.session_key from sold)
            ) as has_purchase
        )
    from visits
    left join purchases as bought
        on visits.order_key = bought.order_key
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
