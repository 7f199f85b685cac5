{% set parts = [
    ('received_quantity', 'receipt', ''),
    ('sold_quantity', 'sale', '-'),
    ('returned_quantity', 'return', ''),
    ('written_off_quantity', 'write_off', '-'),
] -%}
with ranges as (
    select * from {{ ref('dim_sources') }}
),

-- What moved before the first day of business was on hand on that day; what
-- lies beyond the last has not moved yet.
movements as (
    select
        movements.* replace (
            greatest(movements.movement_date, ranges.first_business_date)
                as movement_date
        ),
        ranges.last_business_date as last_date
    from {{ ref('fct_stock_movements') }} as movements
    inner join ranges
        on
            movements.source_name = ranges.source_name
            and movements.movement_date <= ranges.last_business_date
),

moved as (
    select
        product_key,
        source_name,
        {%- for column, movement_type, sign in parts %}
        cast(coalesce(
            {{ sign }}sum(quantity)
            filter (where movement_type = '{{ movement_type }}'), 0
        ) as bigint) as {{ column }},
        {%- endfor %}
        cast(coalesce(
            sum(quantity) filter (
                where movement_type is null or movement_type not in (
                    {%- for _, movement_type, _ in parts %}
                    '{{ movement_type }}'{{ ',' if not loop.last }}
                    {%- endfor %}
                )
            ), 0
        ) as bigint) as counted_difference_quantity,
        cast(sum(quantity) as bigint) as change_quantity,
        movement_date,
        last_date
    from movements
    group by product_key, source_name, movement_date, last_date
),

-- From one day with movements to the next a product's stock stands still.
stretches as (
    select
        moved.*,
        cast(sum(moved.change_quantity) over so_far as bigint)
            as on_hand_quantity,
        lead(moved.movement_date, 1, moved.last_date + 1) over so_far
            as next_movement_date
    from moved
    window so_far as (
        partition by moved.product_key
        order by moved.movement_date
    )
),

days as (
    select
        *,
        cast(
            unnest(range(movement_date, next_movement_date, interval '1 day'))
            as date
        ) as stock_date
    from stretches
),

quantities as (
    select
        product_key,
        source_name,
        on_hand_quantity
        - case when stock_date = movement_date then change_quantity else 0 end
            as opening_quantity,
        {%- for column, _, _ in parts %}
        case when stock_date = movement_date then {{ column }} else 0 end
            as {{ column }},
        {%- endfor %}
        case
            when stock_date = movement_date then counted_difference_quantity
            else 0
        end as counted_difference_quantity,
        on_hand_quantity,
        stock_date
    from days
),

fct_stock_daily as (
    select
        product_key,

        source_name,

        opening_quantity,
        {%- for column, _, _ in parts %}
        {{ column }},
        {%- endfor %}
        counted_difference_quantity,
        on_hand_quantity,

        opening_quantity <= 0 and on_hand_quantity <= 0 and sold_quantity <= 0
            as is_lost_sales_day,

        stock_date
    from quantities
)

select * from fct_stock_daily
