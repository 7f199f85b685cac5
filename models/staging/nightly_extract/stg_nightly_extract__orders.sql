{%- set time_zone = var('shops').nightly_extract.time_zone -%}
with source as (
    {{ current_rows('nightly_extract', 'orders') }}
),

pointed as (
    select
        * replace (
            {{ decimal_point('shipping') }} as shipping,
            {{ decimal_point('total') }} as total
        )
    from source
),

orders as (
    select
        order_no as order_id,
        customer_no as customer_id,

        'web' as channel,
        case
            when cancelled_on is not null then 'cancelled'
            when shipped_on is not null then 'shipped'
            else 'open'
        end as order_status,
        '{{ var("shops").nightly_extract.currency_code }}' as currency_code,
        cast(null as varchar) as ship_country_code,

        {{ money('null') }} as subtotal_amount,
        {{ money('null') }} as discount_amount,
        {{ exact('shipping', 'decimal(18, 4)') }} as shipping_amount,
        {{ money('null') }} as tax_amount,
        {{ exact('total', 'decimal(18, 4)') }} as total_amount,

        false as is_tax_included,

        {{ utc_from_local("strptime(ordered_on, '%d.%m.%Y')", time_zone) }}
            as placed_at,
        {{ utc_from_local("strptime(cancelled_on, '%d.%m.%Y')", time_zone) }}
            as cancelled_at,
        {{ utc_from_local("strptime(shipped_on, '%d.%m.%Y')", time_zone) }}
            as shipped_at,
        cast(null as timestamp) as delivered_at,
        cast(null as timestamp) as updated_at,

        _loaded_at
    from pointed
)

select * from orders
