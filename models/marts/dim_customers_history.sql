with customer_history as (
    select * from {{ ref('int_customer_history') }}
),

dim_customers_history as (
    select
        customer_version_key,
        {{ surrogate_key("'customer'", 'customer_id') }} as customer_key,

        source_name,
        customer_id,

        country_code,
        city,

        coalesce(is_deleted, false) as is_deleted,
        is_merged,
        valid_to = timestamp '9999-12-31' as is_current,

        valid_from,
        valid_to,

        _loaded_at
    from customer_history
    union all
    select
        '-1' as customer_version_key,
        '-1' as customer_key,
        'unknown' as source_name,
        null as customer_id,
        null as country_code,
        null as city,
        false as is_deleted,
        false as is_merged,
        true as is_current,
        timestamp '1900-01-01' as valid_from,
        timestamp '9999-12-31' as valid_to,
        null as _loaded_at
)

select * from dim_customers_history
