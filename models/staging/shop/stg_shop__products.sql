with versions as (
    select * from {{ ref('stg_shop__product_versions') }}
),

newest as (
    select *
    from versions
    qualify
        product_id is null
        or row_number() over (
            partition by product_id order by updated_at desc nulls first
        ) = 1
)

select * from newest
