with versions as (
    {{ delivered_versions('nightly_extract', 'customers', 'customer_no') }}
),

customer_versions as (
    select
        customer_no as customer_id,
        cast(null as varchar) as merged_into_customer_id,

        email,
        full_name,
        country as country_code,
        city,

        _is_deleted as is_deleted,

        {{ as_moment(iso_moment(
            'customer_since', '%d.%m.%Y',
            var('shops').nightly_extract.time_zone
        )) }} as created_at,
        _valid_from as updated_at,

        _loaded_at
    from versions
)

select * from customer_versions
