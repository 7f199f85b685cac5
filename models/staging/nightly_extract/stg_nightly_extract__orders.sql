{%- set time_zone = var('shops').nightly_extract.time_zone -%}
{%- set moments = ['ordered_on', 'cancelled_on', 'shipped_on'] -%}
with source as (
    {{ current_rows('nightly_extract', 'orders') }}
),

pointed as (
    select
        * replace (
            {{ decimal_point('shipping') }} as shipping,
            {{ decimal_point('total') }} as total,
            {%- for moment in moments %}
            {{ iso_moment(moment, '%d.%m.%Y', time_zone) }}
                as {{ moment }}{{ ',' if not loop.last }}
            {%- endfor %}
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
        {{ as_number('shipping') }} as shipping_amount,
        {{ money('null') }} as tax_amount,
        {{ as_number('total') }} as total_amount,

        false as is_tax_included,

        {{ as_moment('ordered_on') }} as placed_at,
        {{ as_moment('cancelled_on') }} as cancelled_at,
        {{ as_moment('shipped_on') }} as shipped_at,
        cast(null as timestamp) as delivered_at,
        cast(null as timestamp) as updated_at,

        {{ unread(
            numbers={'shipping': 'decimal(18, 4)', 'total': 'decimal(18, 4)'},
            moments=moments
        ) }} as _unread,
        _loaded_at
    from pointed
)

select * from orders
