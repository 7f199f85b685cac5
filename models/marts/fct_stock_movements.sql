with movements as (
    select
        * replace (coalesce(quantity, 0) as quantity),
        {{ booked_at('moved_at') }} as booked_at
    from {{ ref('int_stock_movements_united') }}
    where {{ in_changed_groups('source_name, stock_movement_id') }}
    {{ one_a_key(
        'source_name, stock_movement_id',
        ['updated_at', '_loaded_at', 'quantity', 'moved_at']
    ) }}
),

fct_stock_movements as (
    select
        {{ surrogate_key("'stock_movement'", 'stock_movement_id') }}
            as stock_movement_key,
        {{ surrogate_key("'product'", 'product_id') }} as product_key,

        source_name,
        stock_movement_id,

        location_id,
        movement_type,

        quantity,

        {{ local_date('booked_at') }} as movement_date,
        moved_at,

        _loaded_at
    from movements
)

select * from fct_stock_movements
