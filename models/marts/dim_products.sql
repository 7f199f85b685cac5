{% set with_snapshots = snapshotted_sources() | join("', '") -%}
with united as (
    select *
    from {{ ref('int_products_united') }}
    {{ one_a_key('source_name, product_id') }}
),

-- What a source that overwrites in place no longer has.
gone as (
    select
        * replace (true as is_deleted),
        dbt_valid_from as updated_at
    from {{ ref('snap_products') }}
    where
        source_name in ('{{ with_snapshots }}')
        and dbt_valid_to is null
        and dbt_is_deleted = 'True'
        and (source_name, product_id) not in (
            select
                united.source_name,
                united.product_id
            from united
        )
),

products as (
    select * from united
    union all by name
    select * from gone
),

line_products as (
    select distinct
        source_name,
        product_id
    from {{ ref('fct_order_lines') }}
    where product_id is not null
),

refund_products as (
    select distinct
        source_name,
        product_id
    from {{ ref('int_refund_lines_united') }}
    where product_id is not null
),

stock_products as (
    select distinct
        source_name,
        product_id
    from {{ ref('int_stock_movements_united') }}
    where product_id is not null
),

web_products as (
    select distinct
        source_name,
        product_id
    from {{ ref('int_web_events_united') }}
    where product_id is not null
),

-- Documents may name a product before, or without, a row of its own.
mentioned as (
    select * from line_products
    union
    select * from refund_products
    union
    select * from stock_products
    union
    select * from web_products
),

members as (
    select
        coalesce(products.source_name, mentioned.source_name) as source_name,
        coalesce(products.product_id, mentioned.product_id) as product_id,
        products.sku,
        products.product_name,
        coalesce(products.category_name, 'Uncategorised') as category_name,
        products.currency_code,
        products.list_price_amount,
        products.unit_cost_amount,
        coalesce(products.is_active, false) as is_active,
        coalesce(products.is_deleted, false) as is_deleted,
        products.product_id is null as is_inferred,
        products.updated_at,
        products._loaded_at
    from products
    full outer join mentioned
        on
            products.source_name = mentioned.source_name
            and products.product_id = mentioned.product_id
),

dim_products as (
    select
        {{ surrogate_key("'product'", 'product_id') }} as product_key,

        source_name,
        product_id,

        sku,
        product_name,
        category_name,
        currency_code,

        list_price_amount,
        unit_cost_amount,

        is_active,
        is_deleted,
        is_inferred,

        updated_at,

        _loaded_at
    from members
    union all
    select
        '-1' as product_key,
        'unknown' as source_name,
        null as product_id,
        null as sku,
        'No product' as product_name,
        'No product' as category_name,
        null as currency_code,
        null as list_price_amount,
        null as unit_cost_amount,
        false as is_active,
        false as is_deleted,
        false as is_inferred,
        null as updated_at,
        null as _loaded_at
)

select * from dim_products
