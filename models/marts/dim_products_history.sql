with product_history as (
    select * from {{ ref('int_product_history') }}
),

dim_products_history as (
    select
        product_version_key,
        {{ surrogate_key("'product'", 'product_id') }} as product_key,

        source_name,
        product_id,

        sku,
        product_name,
        coalesce(category_name, 'Uncategorised') as category_name,
        currency_code,

        list_price_amount,
        unit_cost_amount,

        coalesce(is_active, false) as is_active,
        coalesce(is_deleted, false) as is_deleted,
        valid_to = timestamp '9999-12-31' as is_current,

        valid_from,
        valid_to,

        _loaded_at
    from product_history
    union all
    select
        '-1' as product_version_key,
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
        true as is_current,
        timestamp '1900-01-01' as valid_from,
        timestamp '9999-12-31' as valid_to,
        null as _loaded_at
)

select * from dim_products_history
