with united as (
    {{ unite('web_events', {'event_date': 'occurred_at'}) }}
)

select * from united
