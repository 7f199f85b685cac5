with versions as (
    select * from {{ ref('stg_shop__product_versions') }}
),

newest as (
    select *
    from versions
    qualify
        product_id is null
        or row_number() over (
            partition by product_id
            order by coalesce(updated_at, _loaded_at) desc, _loaded_at desc
        ) = 1
)

select * from newest
