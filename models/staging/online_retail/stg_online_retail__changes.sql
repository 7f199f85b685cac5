with deliveries as (
    {{ deliveries('online_retail', 'invoice_lines', 'order', 'invoice_no') }}
),

changes as (
    select
        case
            when regexp_matches(document_id, '^[CA]') then 'refund'
            else document_type
        end as document_type,
        document_id,
        changed_from,
        _loaded_at
    from deliveries
)

select * from changes
