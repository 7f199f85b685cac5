with source as (
    {{ current_rows('medusa', 'returns') }}
),

renamed as (
    select
        return_id,
        order_id,

        status,

        {{ utc('coalesce(received_at, updated_at)') }} as received_at,
        {{ utc('updated_at') }} as updated_at,

        _loaded_at,
        _source_file,
        _row_number
    from source
),

newest as (
    select * exclude (_row_number)
    from renamed
    qualify {{ newest_version('return_id') }}
),

-- Goods that are announced have not come back yet.
received as (
    select *
    from newest
    where status in ('received', 'partially_received')
)

select * from received
