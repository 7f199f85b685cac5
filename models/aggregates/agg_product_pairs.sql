with order_lines as (
    select * from {{ ref('fct_order_lines') }}
    where {{ in_changed_groups('source_name, order_date') }}
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
        order_key,
        order_date
    from items
    group by source_name, order_key, order_date
    having count(*) <= {{ var('affinity_max_basket_products') }}
),

-- Numbers make pairs cheaper than keys.
numbers as (
    select
        product_key,
        row_number() over (order by product_key) as product_number
    from items
    group by product_key
),

held as (
    select
        items.source_name,
        items.order_key,
        items.order_date,
        numbers.product_number
    from items
    inner join baskets
        on items.order_key = baskets.order_key
    inner join numbers
        on items.product_key = numbers.product_key
),

-- A product is also its own companion, which counts its orders.
pairs as (
    select
        item.source_name,
        item.product_number,
        companion.product_number as companion_number,
        count(*) as orders_count,
        item.order_date
    from held as item
    inner join held as companion
        on
            item.order_key = companion.order_key
            and item.product_number <= companion.product_number
    group by
        item.source_name,
        item.product_number,
        companion.product_number,
        item.order_date
),

agg_product_pairs as (
    select
        pairs.source_name,
        product.product_key,
        companion.product_key as companion_product_key,
        pairs.orders_count,
        pairs.order_date
    from pairs
    inner join numbers as product
        on pairs.product_number = product.product_number
    inner join numbers as companion
        on pairs.companion_number = companion.product_number
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

select * from agg_product_pairs
