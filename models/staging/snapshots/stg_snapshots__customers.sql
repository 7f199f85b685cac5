with noted as (
    select * from {{ source('snapshots', 'snap_customers') }}
),

last_known as (
    select
        source_name,
        customer_id,

        merged_into_customer_id,
        country_code,
        city,

        is_deleted,

        _loaded_at
    from noted
    where
        dbt_valid_to is null
        and dbt_is_deleted = 'False'
)

select * from last_known
