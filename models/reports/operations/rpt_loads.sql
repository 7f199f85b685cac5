with loads as (
    select * from {{ ref('stg_ops__loads') }}
),

-- What is refused is named before what was mended since.
rpt_loads as (
    select
        source_name,
        table_name,
        batch_id,

        case
            when count(*) filter (where status = 'rejected') > 0 then 'refused'
            when count(*) filter (where status = 'loaded') > 0 then 'loaded'
            else 'resolved'
        end as status,
        min_by(source_file, (status, source_file)) filter (
            where status <> 'loaded'
        ) as first_refused_file,
        min_by(error, (status, source_file)) filter (
            where status <> 'loaded'
        ) as first_refusal_reason,

        count(*) filter (where status = 'loaded' and bytes is distinct from 0)
            as landed_file_count,
        count(*) filter (where status = 'loaded' and bytes = 0)
            as gone_file_count,
        count(*) filter (where status = 'rejected') as refused_file_count,
        count(*) filter (where status = 'resolved') as resolved_file_count,
        cast(sum(row_count) as bigint) as row_count,
        cast(sum(rejected_row_count) as bigint) as rejected_row_count,

        min(started_at) as started_at,
        max(ended_at) as ended_at,
        max(_loaded_at) as loaded_at
    from loads
    group by source_name, table_name, batch_id
)

select * from rpt_loads
