with source as (
    {{ current_rows('shopify', 'customers') }}
),

renamed as (
    select
        customer_id,
        cast(null as varchar) as merged_into_customer_id,

        email,
        full_name,
        country_code,
        city,

        {{ utc('created_at') }} as created_at,
        {{ utc('updated_at') }} as updated_at,

        _loaded_at,
        _source_file,
        _row_number
    from source
),

newest as (
    select * exclude (_source_file, _row_number)
    from renamed
    qualify {{ newest_version('customer_id') }}
),

customers as (
    select
        *,
        not {{ not_deleted(
            'shopify', 'customer', 'newest.customer_id', 'newest._loaded_at'
        ) }} as is_deleted
    from newest
)

select * from customers
