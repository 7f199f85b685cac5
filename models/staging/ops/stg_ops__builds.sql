with source as (
    select * from {{ source('ops', 'builds') }}
),

renamed as (
    select
        build_id,

        status,
        sources as source_names,
        nullif(array_to_string(failed_names, ', '), '') as failed_names,

        model_count,
        test_count,
        failed_count,
        finding_count,

        started_at,
        ended_at,
        loaded_until
    from source
)

select * from renamed
