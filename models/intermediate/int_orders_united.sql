with united as (
    {{ unite('orders') }}
)

select * from united
