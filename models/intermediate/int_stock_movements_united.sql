with united as (
    {{ unite('stock_movements', {'movement_date': 'moved_at'}) }}
)

select * from united
