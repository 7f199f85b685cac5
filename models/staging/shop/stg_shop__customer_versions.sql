with source as (
    {{ current_rows('shop', 'customers') }}
),

renamed as (
    select
        customer_id,
        merged_into_customer_id,

        country_code,
        city,

        {{ as_flag('is_deleted') }} as is_deleted,

        {{ as_moment('updated_at') }} as updated_at,

        {{ unread(
            moments=['updated_at'],
            flags=['is_deleted']
        ) }} as _unread,
        _loaded_at,
        _source_file,
        _row_number
    from source
),

newest as (
    select * exclude (_source_file, _row_number)
    from renamed
    qualify
        customer_id is null
        or row_number() over (
            partition by customer_id, updated_at
            order by _loaded_at desc, _source_file desc, _row_number desc
        ) = 1
),

deleted as (
    {{ deleted_versions('shop', 'customer', 'customer_id', 'newest') }}
),

versions as (
    select * from newest
    where
        not exists (
            select 1
            from deleted
            where
                deleted.customer_id = newest.customer_id
                and deleted.updated_at = newest.updated_at
        )
    union all by name
    select * from deleted
)

select * from versions
