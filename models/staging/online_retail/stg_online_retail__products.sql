with lines as (
    select * from {{ ref('base_online_retail__invoice_lines') }}
    where product_id is not null
),

per_name as (
    select
        product_id,
        product_name,
        count(*) as line_count,
        max(invoiced_at) as last_invoiced_at
    from lines
    group by product_id, product_name
),

-- One name a code: the one on most of its lines; of equals, the one written
-- last, then the first by name. A line without a name has no say.
chosen as (
    select *
    from per_name
    where product_name is not null
    qualify
        row_number() over (
            partition by product_id
            order by
                line_count desc,
                last_invoiced_at desc,
                product_name asc
        ) = 1
),

seen as (
    select
        product_id,
        max_by(nullif(unit_price_amount, 0), (invoiced_at, line_id))
            as list_price_amount,
        max(invoiced_at) as updated_at,
        max(_loaded_at) as _loaded_at
    from lines
    group by product_id
),

products as (
    select
        seen.product_id,

        seen.product_id as sku,
        chosen.product_name,
        cast(null as varchar) as category_name,
        '{{ var("shops").online_retail.currency_code }}' as currency_code,

        seen.list_price_amount,
        {{ money('null') }} as unit_cost_amount,

        true as is_active,
        false as is_deleted,

        seen.updated_at,

        seen._loaded_at
    from seen
    left join chosen
        on seen.product_id = chosen.product_id
)

select * from products
