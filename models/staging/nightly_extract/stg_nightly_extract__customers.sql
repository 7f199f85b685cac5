with versions as (
    select * from {{ ref('stg_nightly_extract__customer_versions') }}
),

-- One who is gone stays, as deleted: orders name the customer.
newest as (
    select *
    from versions
    qualify
        row_number() over (
            partition by customer_id order by updated_at desc
        ) = 1
)

select * from newest
