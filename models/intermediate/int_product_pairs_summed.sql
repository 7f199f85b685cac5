with order_lines as (
    select * from {{ ref('fct_order_lines') }}
    {{ only_changed_groups('source_name, order_date') }}
),

items as (
    select distinct
        source_name,
        order_key,
        product_key,
        order_date
    from order_lines
    where line_type = 'goods' and product_key <> '-1'
),

baskets as (
    select
        source_name,
        order_date,
        order_key,
        list(product_key) as product_keys
    from items
    group by source_name, order_date, order_key
    having count(*) <= {{ var('affinity_max_basket_products') }}
),

-- A product is also its own companion, which counts its orders.
pairs as (
    select
        baskets.source_name,
        item.product_key,
        companion.product_key as companion_product_key,
        baskets.order_date
    from baskets
    cross join unnest(baskets.product_keys) as item (product_key)
    cross join unnest(baskets.product_keys) as companion (product_key)
    where item.product_key <= companion.product_key
),

summed as (
    select
        source_name,
        product_key,
        companion_product_key,
        count(*) as orders_count,
        order_date
    from pairs
    group by source_name, product_key, companion_product_key, order_date
    union all
    select
        source_name,
        null as product_key,
        null as companion_product_key,
        count(*) as orders_count,
        order_date
    from baskets
    group by source_name, order_date
)

select * from summed
