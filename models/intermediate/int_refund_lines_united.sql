with united as (
    {{ unite('refund_lines') }}
)

select * from united
