with united as (
    {{ unite('refunds', {'refund_date': 'refunded_at'}) }}
)

select * from united
