with landings as (
    select * from {{ ref('int_landings_summed') }}
    where refused_file_count > 0
),

loads as (
    select * from {{ ref('stg_ops__loads') }}
    where status = 'rejected'
),

last_refused as (
    select
        source_name,
        table_name,
        arg_max(source_file, ended_at) as source_file,
        arg_max(error, ended_at) as error,
        max(ended_at) as ended_at
    from loads
    group by source_name, table_name
),

alert_refused_files as (
    select
        'refused_files:' || landings.source_name || ':' || landings.table_name
            as alert_key,

        landings.source_name,

        'refused_files' as alert_rule,
        'warning' as severity,
        'Files refused: ' || landings.source_name || '.' || landings.table_name
            as subject,
        landings.refused_file_count || ' files of ' || landings.source_name
        || '.' || landings.table_name || ' were not loaded, the last one '
        || last_refused.source_file
        || coalesce(': ' || last_refused.error[:300], '')
        || '. Correct them in the inbox; the next load tries them again.'
            as detail,
        cast(null as varchar) as stale_reason,

        false as is_event,
        false as is_stale,

        last_refused.ended_at as occurred_at
    from landings
    inner join last_refused
        on
            landings.source_name = last_refused.source_name
            and landings.table_name = last_refused.table_name
)

select * from alert_refused_files
