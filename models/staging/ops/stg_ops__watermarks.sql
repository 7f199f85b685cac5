with source as (
    select * from {{ source('ops', 'watermarks') }}
    where source_name in ('{{ active_sources() | join("', '") }}')
)

select * from source
