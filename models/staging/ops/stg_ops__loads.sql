with source as (
    select * from {{ source('ops', 'loads') }}
    where source in ('{{ active_sources() | join("', '") }}')
),

renamed as (
    select
        source as source_name,
        table_name,
        source_file,
        batch_id,

        sha256,
        delivery,
        status,
        error,

        bytes,
        row_count,
        rejected_row_count,

        started_at,
        ended_at,
        loaded_at as _loaded_at
    from source
)

select * from renamed
