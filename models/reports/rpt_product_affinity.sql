with days as (
    select * from {{ ref('agg_product_pairs') }}
),

products as (
    select * from {{ ref('dim_products') }}
),

counts as (
    select
        source_name,
        product_key,
        companion_product_key,
        cast(sum(orders_count) as bigint) as orders_count
    from days
    group by source_name, product_key, companion_product_key
),

basket_counts as (
    select
        source_name,
        orders_count as baskets_count
    from counts
    where product_key is null
),

product_counts as (
    select
        product_key,
        orders_count
    from counts
    where product_key = companion_product_key
),

pairs as (
    select
        product_key,
        companion_product_key,
        orders_count as together_orders_count
    from counts
    where
        product_key <> companion_product_key
        and orders_count >= {{ var('affinity_min_orders') }}
),

both_ways as (
    select * from pairs
    union all
    select
        companion_product_key as product_key,
        product_key as companion_product_key,
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
    inner join product_counts as item
        on both_ways.product_key = item.product_key
    inner join product_counts as companion
        on both_ways.companion_product_key = companion.product_key
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
