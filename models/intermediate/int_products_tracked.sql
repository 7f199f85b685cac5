{% set with_snapshots = snapshotted_sources() | join("', '") -%}
with delivered as (
    select
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

        _loaded_at
    from {{ ref('int_products_united') }}
    where source_name in ('{{ with_snapshots }}')
    {{ one_a_key('source_name, product_id', ['_loaded_at']) }}
),

last_known as (
    select * from {{ ref('stg_snapshots__products') }}
),

-- A delivery without any row is a failed export, not the end of all products.
tracked as (
    select * from delivered
    union all
    select * from last_known
    where source_name not in (select delivered.source_name from delivered)
)

select * from tracked
