with source as (
    select * from {{ source('ops', 'builds') }}
),

renamed as (
    select
        build_id,

        status,

        test_count,
        failed_count,

        started_at,
        ended_at
    from source
)

select * from renamed
