with source as (
    {{ current_rows('shop', 'stock_movements') }}
),

renamed as (
    select
        stock_movement_id,
        product_id,
        location_id,

        movement_type,

        {{ as_number('quantity', 'integer') }} as quantity,

        {{ as_moment('moved_at') }} as moved_at,
        {{ as_moment('updated_at') }} as updated_at,

        {{ unread(
            numbers={
                'quantity': 'integer',
            },
            moments=['moved_at', 'updated_at'],
            required=['quantity', 'updated_at']
        ) }} as _unread,
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
