with loads as (
    select * from {{ ref('stg_ops__loads') }}
    where status in ('loaded', 'rejected')
),

-- A file counts in its newest version that landed, and is refused while its
-- newest content is.
files as (
    select
        source_name,
        table_name,
        source_file,
        arg_max(row_count, ended_at) filter (where status = 'loaded')
            as row_count,
        arg_max(rejected_row_count, ended_at) as rejected_row_count,
        arg_max(status, ended_at) = 'rejected' as is_refused,
        max(_loaded_at) as _loaded_at
    from loads
    group by source_name, table_name, source_file
),

summed as (
    select
        source_name,
        table_name,

        count(row_count) as file_count,
        cast(coalesce(sum(row_count), 0) as bigint) as row_count,
        cast(sum(rejected_row_count) as bigint) as rejected_row_count,
        count(*) filter (where is_refused) as refused_file_count,

        max(_loaded_at) as _loaded_at
    from files
    group by source_name, table_name
)

select * from summed
