with moved as (
    select
        product_key,
        sum(quantity) as quantity
    from {{ ref('fct_stock_movements') }}
    group by product_key
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
