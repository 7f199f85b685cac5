{%- set steps = ['product_view', 'cart', 'checkout', 'purchase'] %}
with last_dates as (
    select
        source_name,
        max(session_date) as last_date
    from {{ ref('fct_sessions') }}
    where {{ is_plausible('session_started_at', 'session_date') }}
    group by source_name
),

visits as (
    select sessions.*
    from {{ ref('fct_sessions') }} as sessions
    inner join last_dates
        on
            sessions.source_name = last_dates.source_name
            and sessions.session_date = last_dates.last_date
    where not sessions.is_bot
),

-- An order counts once, in the session that bought it, however often a page
-- of thanks is loaded again.
bought as (
    select
        order_key,
        session_key
    from {{ ref('fct_web_events') }}
    where
        event_type = 'purchase'
        and not is_bot
        and order_key in (
            select named.order_key
            from {{ ref('fct_web_events') }} as named
            where
                named.event_type = 'purchase'
                and named.order_key <> '-1'
                and named.session_key in (
                    select visits.session_key from visits
                )
        )
    qualify
        row_number() over (
            partition by order_key order by occurred_at, event_id
        ) = 1
),

judged as (
    select
        * replace (
            has_purchase
            and (
                order_key = '-1'
                or session_key in (select bought.session_key from bought)
            ) as has_purchase
        ),
        cast(hour({{ local_time('session_started_at') }}) as integer)
            as session_hour
    from visits
),

counted as (
    select
        session_date,
        source_name,
        marketing_channel,
        session_hour,
        {%- for step in steps %}
        count(*) filter (where has_{{ step }})
            as {{ step }}_sessions_count,
        {%- endfor %}
        count(*) as sessions_count
    from judged
    group by session_date, source_name, marketing_channel, session_hour
),

rpt_funnel_now as (
    select
        session_date,
        source_name,
        marketing_channel,
        session_hour,
        sessions_count,
        {%- for step in steps %}
        {{ step }}_sessions_count,
        {%- endfor %}
        {%- for step in steps[:-1] %}
        {{ quotient(step ~ '_sessions_count', 'sessions_count') }}
            as {{ step }}_rate,
        {%- endfor %}
        {{ quotient('purchase_sessions_count', 'sessions_count') }}
            as conversion_rate
    from counted
)

select * from rpt_funnel_now
