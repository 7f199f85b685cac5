with source as (
    {{ current_rows('shop', 'products') }}
),

renamed as (
    select
        product_id,

        sku,
        product_name,
        category_name,
        currency_code,

        {{ exact('list_price_amount', 'decimal(18, 4)') }} as list_price_amount,
        {{ exact('unit_cost_amount', 'decimal(18, 4)') }} as unit_cost_amount,

        cast(is_active as boolean) as is_active,

        {{ utc('updated_at') }} as updated_at,

        _loaded_at,
        _source_file,
        _row_number
    from source
),

newest as (
    select * exclude (_source_file, _row_number)
    from renamed
    qualify
        row_number() over (
            partition by product_id, updated_at
            order by _loaded_at desc, _source_file desc, _row_number desc
        ) = 1
),

deleted as (
    select
        newest.*,
        not {{ not_deleted(
            'shop', 'product', 'newest.product_id', 'newest.updated_at'
        ) }} as is_deleted
    from newest
)

select * from deleted
