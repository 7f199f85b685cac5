with source as (
    {{ current_rows('shopify', 'deletions') }}
),

renamed as (
    select
        entity,
        entity_id,

        {{ utc('deleted_at') }} as deleted_at,

        _loaded_at
    from source
),

newest as (
    select *
    from renamed
    qualify
        row_number() over (
            partition by entity, entity_id
            order by deleted_at desc, _loaded_at desc
        ) = 1
)

select * from newest
