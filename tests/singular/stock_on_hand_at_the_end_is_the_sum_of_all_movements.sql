with moved as (
    select
        movements.product_key,
        sum(movements.quantity) as quantity
    from {{ ref('fct_stock_movements') }} as movements
    inner join {{ ref('dim_sources') }} as sources
        on
            movements.source_name = sources.source_name
            and movements.movement_date <= sources.last_business_date
    group by movements.product_key
),

covered as (
    select
        product_key,
        on_hand_quantity as quantity
    from {{ ref('rpt_stock_cover') }}
)

select
    coalesce(moved.product_key, covered.product_key) as product_key,
    moved.quantity as moved_quantity,
    covered.quantity as on_hand_quantity
from moved
full outer join covered
    on moved.product_key = covered.product_key
where moved.quantity is distinct from covered.quantity
