with versions as (
    {{ delivered_versions('nightly_extract', 'products', 'article_no') }}
),

pointed as (
    select
        * replace (
            {{ decimal_point('price') }} as price,
            {{ decimal_point('cost') }} as cost
        )
    from versions
),

product_versions as (
    select
        article_no as product_id,

        article_no as sku,
        article_name as product_name,
        article_group as category_name,
        '{{ var("shops").nightly_extract.currency_code }}' as currency_code,

        {{ as_number('price') }} as list_price_amount,
        {{ as_number('cost') }} as unit_cost_amount,

        is_active = '1' as is_active,
        _is_deleted as is_deleted,

        _valid_from as updated_at,

        {{ unread(numbers={
            'price': 'decimal(18, 4)', 'cost': 'decimal(18, 4)'
        }) }} as _unread,
        _loaded_at
    from pointed
)

select * from product_versions
