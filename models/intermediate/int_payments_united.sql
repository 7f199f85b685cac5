with united as (
    {{ unite('payments') }}
)

select * from united
