with united as (
    {{ unite('product_versions') }}
)

select * from united
