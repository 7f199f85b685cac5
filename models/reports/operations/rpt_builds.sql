with builds as (
    select * from {{ ref('stg_ops__builds') }}
),

rpt_builds as (
    select
        build_id,

        status,
        source_names,
        failed_names,

        model_count,
        test_count,
        failed_count,
        finding_count,
        date_diff('second', started_at, ended_at) as duration_seconds,

        started_at,
        ended_at,
        loaded_until
    from builds
)

select * from rpt_builds
