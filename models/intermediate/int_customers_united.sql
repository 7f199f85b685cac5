with united as (
    {{ unite('customers') }}
)

select * from united
