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
        arg_max(sha256, ended_at) filter (where status = 'loaded') as sha256,
        arg_max(delivery, ended_at) filter (where status = 'loaded')
            as delivery,
        arg_max(bytes, ended_at) filter (where status = 'loaded') as bytes,
        arg_max(rejected_row_count, ended_at) as rejected_row_count,
        arg_max(status, ended_at) = 'rejected' as is_refused,
        max(_loaded_at) as _loaded_at
    from loads
    group by source_name, table_name, source_file
),

-- As current_files: of files with one content one counts, and of full
-- deliveries the newest.
counted as (
    select
        *,
        row_count is not null
        and coalesce(delivery, '') = coalesce(
            max(delivery) over (partition by source_name, table_name), ''
        )
        and row_number() over (
            partition by
                source_name,
                table_name,
                delivery,
                coalesce(sha256, source_file)
            order by row_count is null, source_file
        ) = 1 as is_current
    from files
),

summed as (
    select
        source_name,
        table_name,

        -- A file that its server has no more has a version without bytes.
        count(*) filter (where is_current and bytes is distinct from 0)
            as file_count,
        cast(
            coalesce(sum(row_count) filter (where is_current), 0) as bigint
        ) as row_count,
        cast(
            coalesce(
                sum(rejected_row_count) filter (where is_current or is_refused),
                0
            ) as bigint
        ) as rejected_row_count,
        count(*) filter (where is_refused) as refused_file_count,

        max(_loaded_at) as _loaded_at
    from counted
    group by source_name, table_name
)

select * from summed
