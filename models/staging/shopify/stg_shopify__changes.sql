with variants as (
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

stock_movements as (
    select
        'stock_movement' as document_type,
        inventory_level_id || ' '
        || strftime({{ utc('updated_at') }}, '%Y-%m-%dT%H:%M:%S.%f')
            as document_id,
        cast(null as timestamp) as changed_from,
        _loaded_at
    from {{ source('shopify', 'inventory_levels') }}
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
    {{ deliveries('shopify', 'orders', 'order', 'order_id') }}
    union all
    {{ deliveries('shopify', 'refunds', 'refund', 'refund_id') }}
    union all
    {{ deliveries('shopify', 'transactions', 'payment', 'transaction_id') }}
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
    select * from deletions
)

select * from changes
