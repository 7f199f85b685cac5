with united as (
    {{ unite('exchange_rates') }}
)

select * from united
