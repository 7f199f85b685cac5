with united as (
    {{ unite('products') }}
)

select * from united
