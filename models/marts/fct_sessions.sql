with events as (
    select * from {{ ref('fct_web_events') }}
    where {{ in_changed_groups('source_name, visitor_id') }}
),

-- The first event that says what brought the visitor speaks for the session.
sessions as (
    select
        session_key,
        any_value(visitor_key) as visitor_key,
        any_value(customer_key) as customer_key,
        arg_min(order_key, event_number) filter (
            where step_number = 5 and order_key <> '-1'
        ) as order_key,
        any_value(source_name) as source_name,
        any_value(visitor_id) as visitor_id,
        arg_min(page_url, event_number) as landing_page_url,
        arg_min(
            struct_pack(
                channel := marketing_channel,
                source := utm_source,
                medium := utm_medium,
                campaign := utm_campaign
            ),
            event_number
        ) filter (where marketing_channel is not null) as touch,
        count(*) as events_count,
        max(step_number) as furthest_step,
        bool_or(is_bot) as is_bot,
        min(event_date) as session_date,
        min(occurred_at) as session_started_at,
        max(occurred_at) as session_ended_at,
        max(_loaded_at) as _loaded_at
    from events
    group by session_key
),

touched as (
    select
        *,
        first_value(touch) over (
            partition by source_name, visitor_id
            order by session_started_at
        ) as first_touch,
        last_value(
            case when touch['channel'] <> 'Direct' then touch end ignore nulls
        ) over (
            partition by source_name, visitor_id
            order by session_started_at
            rows unbounded preceding
        ) as last_touch
    from sessions
),

fct_sessions as (
    select
        session_key,
        visitor_key,
        customer_key,
        coalesce(order_key, '-1') as order_key,

        source_name,
        visitor_id,

        landing_page_url,
        coalesce(touch['channel'], 'Direct') as marketing_channel,
        touch['source'] as utm_source,
        touch['medium'] as utm_medium,
        touch['campaign'] as utm_campaign,
        coalesce(first_touch['channel'], 'Direct') as first_touch_channel,
        first_touch['source'] as first_touch_source,
        first_touch['campaign'] as first_touch_campaign,
        coalesce(last_touch['channel'], 'Direct') as last_touch_channel,
        last_touch['source'] as last_touch_source,
        last_touch['campaign'] as last_touch_campaign,

        events_count,
        furthest_step,

        furthest_step >= 2 as has_product_view,
        furthest_step >= 3 as has_cart,
        furthest_step >= 4 as has_checkout,
        furthest_step = 5 as has_purchase,
        is_bot,

        session_date,
        session_started_at,
        session_ended_at,

        _loaded_at
    from touched
)

select * from fct_sessions
