with united as (
    {{ unite('changes') }}
)

select * from united
