with source as (
    {{ current_rows('shop', 'stock_movements') }}
),

renamed as (
    select
        stock_movement_id,
        product_id,
        location_id,

        movement_type,

        {{ exact('quantity', 'integer') }} as quantity,

        {{ utc('moved_at') }} as moved_at,
        {{ utc('updated_at') }} as updated_at,

        _loaded_at,
        _source_file,
        _row_number
    from source
),

standing as (
    select *
    from renamed
    where {{ not_deleted(
        'shop', 'stock_movement',
        'renamed.stock_movement_id', 'renamed.updated_at'
    ) }}
),

newest as (
    select * exclude (_source_file, _row_number)
    from standing
    qualify {{ newest_version('stock_movement_id') }}
)

select * from newest
