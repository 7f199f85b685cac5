with source as (
    {{ current_rows('shop', 'customers') }}
),

renamed as (
    select
        customer_id,
        merged_into_customer_id,

        email,
        full_name,
        country_code,
        city,

        cast(is_deleted as boolean) as is_deleted,

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

deleted as (
    select
        newest.* replace (
            newest.is_deleted
            or not {{ not_deleted(
                'shop', 'customer', 'newest.customer_id', 'newest.updated_at'
            ) }} as is_deleted
        )
    from newest
)

select * from deleted
