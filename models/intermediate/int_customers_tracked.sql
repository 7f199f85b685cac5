{% set with_snapshots = snapshotted_sources() | join("', '") -%}
with delivered as (
    select
        source_name,
        customer_id,

        merged_into_customer_id,
        country_code,
        city,

        is_deleted,

        _loaded_at
    from {{ ref('int_customers_united') }}
    where source_name in ('{{ with_snapshots }}')
    {{ one_a_key('source_name, customer_id', ['_loaded_at']) }}
),

last_known as (
    select * from {{ ref('stg_snapshots__customers') }}
),

-- A delivery without any row is a failed export, not the end of all customers.
tracked as (
    select * from delivered
    union all
    select * from last_known
    where source_name not in (select delivered.source_name from delivered)
)

select * from tracked
