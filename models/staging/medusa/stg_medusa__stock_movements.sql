with source as (
    {{ current_rows('medusa', 'stock_levels') }}
),

renamed as (
    select
        stock_level_id,
        from_json(variants, '[{"id": "VARCHAR"}]')[1].id as product_id,
        location_id,

        {{ exact('stocked_quantity', 'integer') }} as stocked_quantity,

        {{ utc('updated_at') }} as updated_at,

        _loaded_at,
        _source_file,
        _row_number
    from source
),

versions as (
    select *
    from renamed
    where product_id is not null
    qualify
        row_number() over (
            partition by stock_level_id, updated_at
            order by _loaded_at asc, _source_file asc, _row_number asc
        ) = 1
),

-- Medusa keeps levels, not movements: what a level has changed by between two
-- readings is a movement, as of a count.
movements as (
    select
        stock_level_id || ' ' || strftime(updated_at, '%Y-%m-%dT%H:%M:%S.%f')
            as stock_movement_id,
        product_id,
        location_id,

        'count' as movement_type,

        stocked_quantity - coalesce(
            lag(stocked_quantity) over (
                partition by stock_level_id order by updated_at
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
