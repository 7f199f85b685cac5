with source as (
    {{ current_rows('shop', 'customers') }}
),

renamed as (
    select
        customer_id,

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
)

select * from newest
