with landings as (
    select * from {{ ref('int_landings_summed') }}
),

sources as (
    {%- for name in active_sources() %}
    {{ 'union all' if not loop.first }}
    select '{{ name }}' as source_name
    {%- endfor %}
),

-- A source of which nothing was ever delivered has no landings.
newest as (
    select
        sources.source_name,
        max(landings._loaded_at) as newest_loaded_at,
        case
            {%- for name in var('shops') if var('shops')[name].max_age_hours %}
            when sources.source_name = '{{ name }}'
                then {{ var('shops')[name].max_age_hours }}
            {%- endfor %}
            when true then {{ var('alert_source_max_age_hours') }}
        end as max_age_hours
    from sources
    left join landings
        on sources.source_name = landings.source_name
    group by sources.source_name
),

int_source_freshness as (
    select
        source_name,
        case
            when newest_loaded_at is null
                then 'nothing of ' || source_name || ' has been loaded yet'
            else
                'nothing new of ' || source_name || ' has been loaded since '
                || strftime(newest_loaded_at, '%Y-%m-%d %H:%M') || ' UTC; '
                || max_age_hours || ' hours are allowed'
        end as age_description,
        max_age_hours,
        coalesce(
            newest_loaded_at
            < {{ evaluated_at() }} - max_age_hours * interval '1 hour',
            true
        ) as is_stale,
        newest_loaded_at
    from newest
)

select * from int_source_freshness
