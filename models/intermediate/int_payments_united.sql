with united as (
    {{ unite('payments', {'payment_date': 'processed_at'}) }}
)

select * from united
