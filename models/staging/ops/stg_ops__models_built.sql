with source as (
    select * from {{ source('ops', 'models_built') }}
)

select * from source
