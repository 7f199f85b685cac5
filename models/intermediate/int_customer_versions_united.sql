with united as (
    {{ unite('customer_versions') }}
)

select * from united
