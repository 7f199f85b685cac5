with united as (
    {{ unite('refunds') }}
)

select * from united
