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

        {{ as_flag('is_deleted') }} as is_deleted,

        {{ as_moment('created_at') }} as created_at,
        {{ as_moment('updated_at') }} as updated_at,

        {{ unread(
            moments=['created_at', 'updated_at'],
            flags=['is_deleted'],
            required=['updated_at']
        ) }} as _unread,
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
