with movements as (
    select
        *,
        cast(null as varchar) as currency_code
    from {{ ref('fct_stock_movements') }}
),

events as (
    select
        events.*,
        cast(null as varchar) as currency_code
    from {{ ref('fct_web_events') }} as events
),

stated_moments as (
    select
        source_name,
        event_id,
        occurred_at
    from {{ ref('int_web_events_united') }}
    where occurred_at is null
),

undated as (
    select
        *,
        cast(null as varchar) as currency_code
    from stated_moments
),

-- Kinds of events are few and events many: a kind is one finding.
fnd_activity as (
    {{ findings_of('movements', "'stock_movement'", 'stock_movement_id', [
        value_rule('movement_type_unknown', 'stock_movements', 'movement_type'),
    ] + date_rules('moved_at', 'movement_date')) }}
    union all
    {{ findings_of(
        'events', "'event_type'", "coalesce(event_type, 'nothing')",
        [value_rule('event_type_unknown', 'web_events', 'event_type')]
    ) }}
    union all
    {{ findings_of(
        'events', "'web_event'", 'event_id',
        date_rules('occurred_at', 'event_date')[1:]
    ) }}
    union all
    {{ findings_of(
        'undated', "'web_event'", 'event_id', date_rules('occurred_at', '')[:1]
    ) }}
)

select * from fnd_activity
