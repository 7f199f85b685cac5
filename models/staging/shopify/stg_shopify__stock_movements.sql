with source as (
    {{ current_rows('shopify', 'inventory_levels') }}
),

variants as (
    select
        inventory_item_id,
        max(variant_id) as variant_id
    from {{ source('shopify', 'variants') }}
    group by inventory_item_id
),

renamed as (
    select
        source.inventory_level_id,
        source.location_id,
        variants.variant_id as product_id,

        cast(
            json_extract_string(source.quantities, '$[0].quantity') as integer
        ) as on_hand_quantity,

        {{ utc('source.updated_at') }} as updated_at,

        source._loaded_at,
        source._source_file,
        source._row_number
    from source
    inner join variants
        on source.inventory_item_id = variants.inventory_item_id
),

versions as (
    select *
    from renamed
    qualify
        row_number() over (
            partition by inventory_level_id, updated_at
            order by _loaded_at asc, _source_file asc, _row_number asc
        ) = 1
),

-- Shopify tells levels, not movements: what a level has changed by between two
-- readings is a movement, as of a count.
movements as (
    select
        inventory_level_id || ' '
        || strftime(updated_at, '%Y-%m-%dT%H:%M:%S.%f') as stock_movement_id,
        product_id,
        location_id,

        'count' as movement_type,

        on_hand_quantity - coalesce(
            lag(on_hand_quantity) over (
                partition by inventory_level_id order by updated_at
            ), 0
        ) as quantity,

        updated_at as moved_at,
        updated_at,

        _loaded_at
    from versions
),

moved as (
    select *
    from movements
    where quantity <> 0
)

select * from moved
