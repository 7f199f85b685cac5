with events as (
    select
        * replace (coalesce(occurred_at, _loaded_at) as occurred_at),
        {{ local_date('coalesce(occurred_at, _loaded_at)') }} as event_date,
        case event_type
            when 'product_view' then 2
            when 'add_to_cart' then 3
            when 'checkout' then 4
            when 'purchase' then 5
            else 1
        end as step_number,
        nullif(
            regexp_extract(
                lower(referrer_url), '^[a-z][a-z0-9+.-]*://([^/?#:]+)', 1
            ),
            ''
        ) as referrer_host
    from {{ ref('int_web_events_united') }}
    where {{ in_changed_groups('source_name, visitor_id') }}
),

media as (
    select * from {{ ref('marketing_channels') }}
),

referrer_channels as (
    select * from {{ ref('referrer_channels') }}
),

-- Agents and hosts are looked at once each, however often events name them.
agents as (
    select
        user_agent,
        regexp_matches(
            lower(user_agent), '{{ var("bot_user_agents") | join("|") }}'
        ) as is_bot
    from events
    group by user_agent
),

hosts as (
    select referrer_host
    from events
    group by referrer_host
),

-- The longest part of a host decides: mail.google before google.
referrers as (
    select
        hosts.referrer_host,
        coalesce(
            arg_max(
                referrer_channels.marketing_channel,
                length(referrer_channels.host_part)
            ),
            'Referral'
        ) as marketing_channel
    from hosts
    left join referrer_channels
        on contains(
            '.' || hosts.referrer_host || '.',
            '.' || referrer_channels.host_part || '.'
        )
    group by hosts.referrer_host
),

-- An order is bought once: its confirmation page seen again is a page view.
seen_again as (
    select
        source_name,
        visitor_id,
        event_id
    from events
    where event_type = 'purchase' and order_id is not null
    qualify
        row_number() over (
            partition by source_name, visitor_id, order_id
            order by occurred_at, event_id
        ) > 1
),

-- What an event says of what brought its visitor: nothing, where it has no
-- utm_source and comes from no page outside the shop.
classified as (
    select
        events.* replace (
            case
                when seen_again.event_id is not null then 1
                else events.step_number
            end as step_number
        ),
        coalesce(agents.is_bot, false) as is_bot_agent,
        case
            when
                events.utm_source is null
                and coalesce(referrers.marketing_channel, 'Direct') = 'Direct'
                then null
            when media.marketing_channel is not null
                then media.marketing_channel
            when events.utm_source is not null or events.utm_medium is not null
                then 'Other'
            else referrers.marketing_channel
        end as marketing_channel
    from events
    left join agents
        on events.user_agent = agents.user_agent
    left join referrers
        on events.referrer_host = referrers.referrer_host
    left join media
        on lower(events.utm_medium) = media.utm_medium
    left join seen_again
        on
            events.source_name = seen_again.source_name
            and events.visitor_id = seen_again.visitor_id
            and events.event_id = seen_again.event_id
),

in_turn as (
    select
        *,
        cast(row_number() over events_of_visitor as integer) as event_number,
        coalesce(
            occurred_at - lag(occurred_at) over events_of_visitor
            > interval '{{ var("session_timeout_minutes") }} minutes',
            true
        ) as opens_session
    from classified
    window events_of_visitor as (
        partition by source_name, visitor_id
        order by occurred_at, step_number, event_id
    )
),

in_session as (
    select
        * exclude (opens_session),
        count(*) filter (where opens_session) over (
            partition by source_name, visitor_id
            order by event_number
            rows unbounded preceding
        ) as session_number
    from in_turn
),

sessions as (
    select
        source_name,
        visitor_id,
        session_number,
        arg_min(event_id, event_number) as first_event_id,
        arg_min(customer_id, event_number) as first_customer_id,
        arg_max(customer_id, event_number) as last_customer_id,
        bool_or(is_bot_agent)
        or (
            count(*) >= {{ var("bot_min_events") }}
            and max(occurred_at) - min(occurred_at) < to_seconds(count(*) - 1)
        ) as is_bot
    from in_session
    group by source_name, visitor_id, session_number
),

-- A session that names no customer is that of the one whom the visitor names
-- next, or else named last.
identified as (
    select
        *,
        coalesce(
            last_customer_id,
            first_value(first_customer_id ignore nulls) over (
                partition by source_name, visitor_id
                order by session_number
                rows between 1 following and unbounded following
            ),
            last_value(last_customer_id ignore nulls) over (
                partition by source_name, visitor_id
                order by session_number
                rows between unbounded preceding and 1 preceding
            )
        ) as customer_id
    from sessions
),

keyed_sessions as (
    select
        *,
        {{ surrogate_key(
            "'session'", "visitor_id || '|' || first_event_id"
        ) }} as session_key,
        {{ surrogate_key("'visitor'", 'visitor_id') }} as visitor_key,
        {{ surrogate_key("'customer'", 'customer_id') }} as customer_key
    from identified
),

fct_web_events as (
    select
        sessions.session_key,
        sessions.visitor_key,
        sessions.customer_key,
        {{ surrogate_key(
            "'product'", 'events.product_id', 'events.source_name'
        ) }} as product_key,
        {{ surrogate_key("'order'", 'events.order_id', 'events.source_name') }}
            as order_key,

        events.source_name,
        events.event_id,
        events.visitor_id,

        events.event_type,
        events.page_url,
        events.referrer_host,
        events.marketing_channel,
        events.utm_source,
        events.utm_medium,
        events.utm_campaign,

        events.step_number,
        events.event_number,

        sessions.is_bot,

        events.event_date,
        events.occurred_at,

        events._loaded_at
    from in_session as events
    inner join keyed_sessions as sessions
        on
            events.source_name = sessions.source_name
            and events.visitor_id = sessions.visitor_id
            and events.session_number = sessions.session_number
)

select * from fct_web_events
