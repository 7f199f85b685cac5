with freshness as (
    select * from {{ ref('int_source_freshness') }}
    where is_stale
),

alert_stale_source as (
    select
        'stale_source:' || source_name as alert_key,

        source_name,

        'stale_source' as alert_rule,
        'warning' as severity,
        'Stale source: ' || source_name as subject,
        upper(age_description[1]) || age_description[2:]
        || '. Check what delivers it.' as detail,
        cast(null as varchar) as stale_reason,

        false as is_event,
        false as is_stale,

        newest_loaded_at as occurred_at
    from freshness
)

select * from alert_stale_source
