with united as (
    {{ unite('web_events') }}
)

select * from united
