with variants as (
    select
        *,
        {{ utc('updated_at') }} as changed_at
    from (
        {{ current_rows('shopify', 'variants') }}
    )
    qualify
        row_number() over (
            partition by variant_id
            order by changed_at desc, _loaded_at desc, _row_number desc
        ) = 1
),

products_of_variants as (
    select
        *,
        {{ utc('updated_at') }} as changed_at
    from (
        {{ current_rows('shopify', 'products') }}
    )
    qualify
        row_number() over (
            partition by product_id
            order by changed_at desc, _loaded_at desc, _row_number desc
        ) = 1
),

items as (
    select
        *,
        {{ utc('updated_at') }} as changed_at
    from (
        {{ current_rows('shopify', 'inventory_items') }}
    )
    qualify
        row_number() over (
            partition by inventory_item_id
            order by changed_at desc, _loaded_at desc, _row_number desc
        ) = 1
),

-- What is sold is a variant; its name and type are its product's.
joined as (
    select
        variants.variant_id as product_id,

        variants.sku,
        case
            when variants.title = 'Default Title' then named.title
            else concat_ws(', ', named.title, variants.title)
        end as product_name,
        nullif(named.product_type, '') as category_name,
        coalesce(
            items.currency_code, '{{ var("shops").shopify.currency_code }}'
        ) as currency_code,

        {{ exact('variants.price_amount', 'decimal(18, 4)') }}
            as list_price_amount,
        {{ exact('items.unit_cost_amount', 'decimal(18, 4)') }}
            as unit_cost_amount,

        coalesce(named.status = 'ACTIVE', false) as is_active,

        greatest(variants.changed_at, named.changed_at, items.changed_at)
            as updated_at,

        variants._loaded_at as variant_loaded_at,
        greatest(variants._loaded_at, named._loaded_at, items._loaded_at)
            as _loaded_at
    from variants
    left join products_of_variants as named
        on variants.product_id = named.product_id
    left join items
        on variants.inventory_item_id = items.inventory_item_id
),

-- A product is edited after a variant of it has gone: only the variant, read
-- again, brings it back.
products as (
    select
        * exclude (variant_loaded_at),
        not {{ not_deleted(
            'shopify', 'product', 'joined.product_id',
            'joined.variant_loaded_at'
        ) }} as is_deleted
    from joined
)

select * from products
