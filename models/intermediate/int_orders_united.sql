with united as (
    {{ unite('orders', {'order_date': 'placed_at'}) }}
)

select * from united
