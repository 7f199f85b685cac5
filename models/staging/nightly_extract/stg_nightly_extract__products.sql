with versions as (
    select * from {{ ref('stg_nightly_extract__product_versions') }}
),

-- One that is gone stays, as deleted: lines name the product.
newest as (
    select *
    from versions
    qualify
        row_number() over (
            partition by product_id order by updated_at desc
        ) = 1
)

select * from newest
