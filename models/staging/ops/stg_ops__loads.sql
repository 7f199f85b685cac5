with source as (
    select * from {{ source('ops', 'loads') }}
    where source in ('{{ active_sources() | join("', '") }}')
),

renamed as (
    select
        source as source_name,
        table_name,
        source_file,

        sha256,
        delivery,
        status,

        bytes,
        row_count,
        rejected_row_count,

        ended_at,
        loaded_at as _loaded_at
    from source
)

select * from renamed
