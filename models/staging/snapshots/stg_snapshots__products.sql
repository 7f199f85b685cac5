with noted as (
    select * from {{ source('snapshots', 'snap_products') }}
),

last_known as (
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
    from noted
    where
        dbt_valid_to is null
        and dbt_is_deleted = 'False'
)

select * from last_known
