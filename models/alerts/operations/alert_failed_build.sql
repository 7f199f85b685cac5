with last_build as (
    select * from {{ ref('stg_ops__builds') }}
    qualify row_number() over (order by build_id desc) = 1
),

alert_failed_build as (
    select
        'failed_build' as alert_key,

        cast(null as varchar) as source_name,

        'failed_build' as alert_rule,
        'critical' as severity,
        'The build failed' as subject,
        'Build ' || build_id || ' failed: ' || failed_count
        || ' of its models and tests'
        || coalesce(
            ' (' || case
                when length(failed_names) > 200
                    then failed_names[:200] || '…'
                else failed_names
            end || ')', ''
        )
        || '. Nothing of it is published; readers keep the build they have. '
        || '`storehouse build` says what to do.' as detail,
        cast(null as varchar) as stale_reason,

        false as is_event,
        false as is_stale,

        ended_at as occurred_at
    from last_build
    where status = 'failed'
)

select * from alert_failed_build
