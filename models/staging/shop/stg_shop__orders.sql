with source as (
    {{ current_rows('shop', 'orders') }}
),

renamed as (
    select
        order_id,
        customer_id,

        coalesce(channel, 'unknown') as channel,
        order_status,
        currency_code,
        ship_country_code,

        {{ exact('subtotal_amount', 'decimal(18, 4)') }} as subtotal_amount,
        {{ exact('discount_amount', 'decimal(18, 4)') }} as discount_amount,
        {{ exact('shipping_amount', 'decimal(18, 4)') }} as shipping_amount,
        {{ exact('tax_amount', 'decimal(18, 4)') }} as tax_amount,
        {{ exact('total_amount', 'decimal(18, 4)') }} as total_amount,

        coalesce(cast(is_tax_included as boolean), false) as is_tax_included,

        {{ utc('placed_at') }} as placed_at,
        {{ utc('cancelled_at') }} as cancelled_at,
        {{ utc('shipped_at') }} as shipped_at,
        {{ utc('delivered_at') }} as delivered_at,
        {{ utc('updated_at') }} as updated_at,

        _loaded_at,
        _source_file,
        _row_number
    from source
),

standing as (
    select *
    from renamed
    where {{ not_deleted(
        'shop', 'order', 'renamed.order_id', 'renamed.updated_at'
    ) }}
),

newest as (
    select * exclude (_source_file, _row_number)
    from standing
    qualify {{ newest_version('order_id') }}
)

select * from newest
