with united as (
    {{ unite('order_lines') }}
)

select * from united
