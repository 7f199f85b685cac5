with orders as (
    {{ deliveries('shopify', 'orders', 'order', 'order_id') }}
),

-- What a newer version of an order no longer holds is gone.
refunds_of_orders as (
    select distinct
        'refund' as document_type,
        refunds_of.refund_id as document_id,
        cast(null as timestamp) as changed_from,
        orders._loaded_at
    from orders
    inner join {{ source('shopify', 'refunds') }} as refunds_of
        on orders.document_id = refunds_of.order_id
),

payments_of_orders as (
    select distinct
        'payment' as document_type,
        payments_of.transaction_id as document_id,
        cast(null as timestamp) as changed_from,
        orders._loaded_at
    from orders
    inner join {{ source('shopify', 'transactions') }} as payments_of
        on orders.document_id = payments_of.order_id
),

variants as (
    {{ deliveries('shopify', 'variants', 'product', 'variant_id') }}
),

-- A product or an item that changes changes its variants.
variants_of_products as (
    select
        'product' as document_type,
        variants_of.variant_id as document_id,
        cast(null as timestamp) as changed_from,
        mentions._loaded_at
    from (
        {{ deliveries('shopify', 'products', 'product', 'product_id') }}
    ) as mentions
    inner join {{ source('shopify', 'variants') }} as variants_of
        on mentions.document_id = variants_of.product_id
),

variants_of_items as (
    select
        'product' as document_type,
        variants_of.variant_id as document_id,
        cast(null as timestamp) as changed_from,
        mentions._loaded_at
    from (
        {{ deliveries(
            'shopify', 'inventory_items', 'product', 'inventory_item_id'
        ) }}
    ) as mentions
    inner join {{ source('shopify', 'variants') }} as variants_of
        on mentions.document_id = variants_of.inventory_item_id
),

levels as (
    select
        inventory_item_id,
        inventory_level_id || ' '
        || strftime({{ utc('updated_at') }}, '%Y-%m-%dT%H:%M:%S.%f')
            as stock_movement_id,
        _loaded_at
    from {{ source('shopify', 'inventory_levels') }}
),

stock_movements as (
    select
        'stock_movement' as document_type,
        stock_movement_id as document_id,
        cast(null as timestamp) as changed_from,
        _loaded_at
    from levels
),

items_of_variants as (
    select
        inventory_item_id,
        variant_id,
        min(_loaded_at) as _loaded_at
    from {{ source('shopify', 'variants') }}
    group by inventory_item_id, variant_id
),

-- A movement is its variant's, which may land after the level was read.
stock_movements_of_variants as (
    select distinct
        'stock_movement' as document_type,
        levels.stock_movement_id as document_id,
        cast(null as timestamp) as changed_from,
        items_of_variants._loaded_at
    from items_of_variants
    inner join levels
        on
            items_of_variants.inventory_item_id = levels.inventory_item_id
            and items_of_variants._loaded_at > levels._loaded_at
),

deletions as (
    select
        entity as document_type,
        entity_id as document_id,
        cast(null as timestamp) as changed_from,
        _loaded_at
    from {{ source('shopify', 'deletions') }}
),

changes as (
    select * from orders
    union all
    select * from refunds_of_orders
    union all
    select * from payments_of_orders
    union all
    {{ deliveries('shopify', 'customers', 'customer', 'customer_id') }}
    union all
    select * from variants
    union all
    select * from variants_of_products
    union all
    select * from variants_of_items
    union all
    select * from stock_movements
    union all
    select * from stock_movements_of_variants
    union all
    select * from deletions
)

select * from changes
