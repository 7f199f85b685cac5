with source as (
    {{ current_rows('shopify', 'orders') }}
),

renamed as (
    select
        order_id,
        customer_id,

        case lower(source_name)
            when 'pos' then 'store'
            when 'iphone' then 'app'
            when 'android' then 'app'
            else coalesce(lower(source_name), 'unknown')
        end as channel,
        fulfillment_status,
        currency_code,
        ship_country_code,

        {{ exact('total_amount', 'decimal(18, 4)') }} as total_amount,
        coalesce({{ exact('tip_amount', 'decimal(18, 4)') }}, 0) as tip_amount,
        coalesce({{ exact('duties_amount', 'decimal(18, 4)') }}, 0)
            as duties_amount,
        coalesce({{ exact('additional_fees_amount', 'decimal(18, 4)') }}, 0)
            as additional_fees_amount,

        cast(is_test as boolean) as is_test,
        cast(is_edited as boolean) as is_edited,
        cast(is_tax_included as boolean) as is_tax_included,

        list_filter(
            from_json(
                fulfillments,
                '[{"status": "VARCHAR", "createdAt": "VARCHAR", '
                || '"deliveredAt": "VARCHAR"}]'
            ), lambda shipment: shipment.status = 'SUCCESS'
        ) as shipments,
        {{ utc('processed_at') }} as placed_at,
        {{ utc('cancelled_at') }} as cancelled_at,
        {{ utc('updated_at') }} as updated_at,

        _loaded_at,
        _source_file,
        _row_number
    from source
),

newest as (
    select * exclude (_row_number)
    from renamed
    where not is_test
    qualify {{ newest_version('order_id') }}
),

orders as (
    select
        * exclude (shipments),
        {{ utc(
            'list_min(list_transform(shipments, lambda one: one.createdAt))'
        ) }} as shipped_at,
        case
            when
                fulfillment_status = 'FULFILLED'
                and len(list_filter(
                    shipments, lambda one: one.deliveredAt is null
                )) = 0
                then {{ utc(
                    'list_max(list_transform('
                    'shipments, lambda one: one.deliveredAt))'
                ) }}
        end as delivered_at
    from newest
)

select * from orders
