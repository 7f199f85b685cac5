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

        {{ as_number('list_price_amount') }} as list_price_amount,
        {{ as_number('unit_cost_amount') }} as unit_cost_amount,

        {{ as_flag('is_active') }} as is_active,

        {{ as_moment('updated_at') }} as updated_at,

        {{ unread(
            numbers={
                'list_price_amount': 'decimal(18, 4)',
                'unit_cost_amount': 'decimal(18, 4)',
            },
            moments=['updated_at'],
            flags=['is_active'],
            required=['updated_at']
        ) }} as _unread,
        _loaded_at,
        _source_file,
        _row_number
    from source
),

newest as (
    select
        * exclude (_source_file, _row_number),
        false as is_deleted
    from renamed
    qualify
        product_id is null
        or row_number() over (
            partition by product_id, updated_at
            order by _loaded_at desc, _source_file desc, _row_number desc
        ) = 1
),

deleted as (
    {{ deleted_versions('shop', 'product', 'product_id', 'newest') }}
),

versions as (
    select * from newest
    where
        not exists (
            select 1
            from deleted
            where
                deleted.product_id = newest.product_id
                and deleted.updated_at = newest.updated_at
        )
    union all by name
    select * from deleted
)

select * from versions
