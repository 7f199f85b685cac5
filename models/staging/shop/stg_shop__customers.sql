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
    qualify
        row_number() over (
            partition by customer_id
            order by
                updated_at desc nulls first,
                _loaded_at desc,
                _source_file desc,
                _row_number desc
        ) = 1
)

select * from newest
