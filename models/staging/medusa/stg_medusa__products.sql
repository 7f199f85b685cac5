{%- set currency_code = var('shops').medusa.currency_code | lower -%}
{%- set prices = 'list_filter(from_json(source.prices, '
    ~ '\'[{"amount": "VARCHAR", '
    ~ '"currency_code": "VARCHAR", "min_quantity": "VARCHAR", '
    ~ '"rules": "JSON"}]\'), lambda price: price.currency_code = \''
    ~ currency_code ~ '\' and price.min_quantity is null '
    ~ 'and coalesce(price.rules, \'{}\') = \'{}\')' -%}
with source as (
    {{ current_rows('medusa', 'variants') }}
),

-- The list price is that in the shop's currency which no rule restricts.
renamed as (
    select
        source.variant_id as product_id,

        source.sku,
        concat_ws(', ', source.product_title, source.title) as product_name,
        coalesce(source.product_type, source.product_collection)
            as category_name,
        upper('{{ currency_code }}') as currency_code,

        {{ money(prices ~ '[1].amount') }} as list_price_amount,
        {{ money('null') }} as unit_cost_amount,

        source.product_status = 'published' as is_active,

        {{ utc('source.updated_at') }} as updated_at,

        source._loaded_at,
        source._source_file,
        source._row_number
    from source
),

-- A new price moves no updated_at: what was read last counts.
newest as (
    select * exclude (_source_file, _row_number)
    from renamed
    qualify row_number() over (
        partition by product_id
        order by _loaded_at desc, _source_file desc, _row_number desc
    ) = 1
),

products as (
    select
        newest.*,
        not {{ not_deleted(
            'medusa', 'product', 'newest.product_id', 'newest._loaded_at'
        ) }} as is_deleted
    from newest
)

select * from products
