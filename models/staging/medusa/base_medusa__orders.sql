with source as (
    {{ current_rows('medusa', 'orders') }}
),

renamed as (
    select
        order_id,
        customer_id,

        coalesce(lower(channel), 'unknown') as channel,
        status,
        fulfillment_status,
        upper(currency_code) as currency_code,
        upper(ship_country_code) as ship_country_code,

        cast(version as integer) as version,
        cast(total as decimal(28, 10)) as total_amount,
        cast(credit_line_total as decimal(28, 10)) as credit_line_amount,
        cast(item_subtotal as decimal(28, 10)) as item_subtotal_amount,
        cast(item_total as decimal(28, 10)) as item_total_amount,
        cast(item_tax_total as decimal(28, 10)) as item_tax_amount,
        cast(original_item_total as decimal(28, 10))
            as original_item_total_amount,
        cast(shipping_total as decimal(28, 10)) as shipping_total_amount,
        cast(shipping_tax_total as decimal(28, 10)) as shipping_tax_amount,
        cast(tax_total as decimal(28, 10)) as tax_amount,

        {{ utc('created_at') }} as placed_at,
        {{ utc('canceled_at') }} as cancelled_at,
        {{ utc('updated_at') }} as updated_at,

        _loaded_at,
        _source_file,
        _row_number
    from source
),

newest as (
    select * exclude (_row_number)
    from renamed
    qualify {{ newest_version('order_id') }}
)

select * from newest
