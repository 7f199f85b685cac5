with source as (
    {{ current_rows('medusa', 'reservations') }}
),

renamed as (
    select
        reservation_id,
        inventory_item_id,
        location_id,
        order_item_id as order_line_id,

        {{ exact('quantity', 'integer') }} as quantity,

        {{ utc('created_at') }} as created_at,
        {{ utc('updated_at') }} as updated_at,

        _loaded_at,
        _source_file,
        _row_number
    from source
),

newest as (
    select * exclude (_source_file, _row_number)
    from renamed
    qualify {{ newest_version('reservation_id') }}
),

standing as (
    select *
    from newest
    where {{ not_deleted(
        'medusa', 'reservation', 'newest.reservation_id', 'newest._loaded_at'
    ) }}
)

select * from standing
