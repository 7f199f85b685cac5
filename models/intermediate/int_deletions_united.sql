with united as (
    {{ unite('deletions') }}
)

select * from united
