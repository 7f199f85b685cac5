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

shipments as (
    {{ current_rows('shopify', 'fulfillments') }}
),

shipped as (
    select
        order_id,
        _source_file,
        _loaded_at,
        min({{ utc('created_at') }}) as shipped_at,
        case
            when count(*) = count(delivered_at)
                then max({{ utc('delivered_at') }})
        end as delivered_at
    from shipments
    where status = 'SUCCESS'
    group by order_id, _source_file, _loaded_at
),

orders as (
    select
        newest.*,
        shipped.shipped_at,
        case
            when newest.fulfillment_status = 'FULFILLED'
                then shipped.delivered_at
        end as delivered_at
    from newest
    left join shipped
        on
            newest.order_id = shipped.order_id
            and newest._source_file = shipped._source_file
            and newest._loaded_at = shipped._loaded_at
)

select * from orders
