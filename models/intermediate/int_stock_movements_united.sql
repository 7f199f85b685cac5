with united as (
    {{ unite('stock_movements') }}
)

select * from united
