with order_lines as (
    select * from {{ ref('fct_order_lines') }}
    where line_type = 'goods' and product_key <> '-1'
),

products as (
    select * from {{ ref('dim_products') }}
),

baskets as (
    select
        source_name,
        order_key,
        list(distinct product_key) as product_keys
    from order_lines
    group by source_name, order_key
    having
        count(distinct product_key) <= {{ var('affinity_max_basket_products') }}
),

basket_counts as (
    select
        source_name,
        count(*) as baskets_count
    from baskets
    group by source_name
),

items as (
    select
        order_key,
        unnest(product_keys) as product_key
    from baskets
),

-- A product in fewer orders than a pair needs is in no pair; numbers make
-- the pairs of the others cheap.
frequent_products as (
    select
        product_key,
        count(*) as orders_count,
        row_number() over (order by product_key) as product_number
    from items
    group by product_key
    having count(*) >= {{ var('affinity_min_orders') }}
),

frequent_items as (
    select
        items.order_key,
        frequent_products.product_number
    from items
    inner join frequent_products
        on items.product_key = frequent_products.product_key
),

pairs as (
    select
        item.product_number,
        companion.product_number as companion_product_number,
        count(*) as together_orders_count
    from frequent_items as item
    inner join frequent_items as companion
        on
            item.order_key = companion.order_key
            and item.product_number < companion.product_number
    group by item.product_number, companion.product_number
    having count(*) >= {{ var('affinity_min_orders') }}
),

both_ways as (
    select * from pairs
    union all
    select
        companion_product_number as product_number,
        product_number as companion_product_number,
        together_orders_count
    from pairs
),

measured as (
    select
        item.product_key,
        companion.product_key as companion_product_key,
        products.source_name,
        products.product_name,
        companion_products.product_name as companion_product_name,
        basket_counts.baskets_count,
        item.orders_count,
        companion.orders_count as companion_orders_count,
        both_ways.together_orders_count
    from both_ways
    inner join frequent_products as item
        on both_ways.product_number = item.product_number
    inner join frequent_products as companion
        on both_ways.companion_product_number = companion.product_number
    inner join products
        on item.product_key = products.product_key
    inner join products as companion_products
        on companion.product_key = companion_products.product_key
    inner join basket_counts
        on products.source_name = basket_counts.source_name
),

rpt_product_affinity as (
    select
        product_key,
        companion_product_key,

        source_name,

        product_name,
        companion_product_name,

        baskets_count,
        orders_count,
        companion_orders_count,
        together_orders_count,
        {{ quotient('together_orders_count', 'baskets_count') }}
            as support_rate,
        {{ quotient('together_orders_count', 'orders_count') }}
            as confidence_rate,
        {{ quotient(
            'together_orders_count * baskets_count',
            '(orders_count * companion_orders_count)',
            18,
            6
        ) }} as lift
    from measured
    where
        together_orders_count * baskets_count
        >= {{ var('affinity_min_lift') }} * orders_count
        * companion_orders_count
)

select * from rpt_product_affinity
