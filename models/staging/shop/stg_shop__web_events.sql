with source as (
    {{ current_rows('shop', 'web_events') }}
),

renamed as (
    select
        event_id,
        visitor_id,
        customer_id,
        product_id,
        order_id,

        event_type,
        page_url,
        referrer_url,
        utm_source,
        utm_medium,
        utm_campaign,
        user_agent,

        {{ as_moment('occurred_at') }} as occurred_at,

        {{ unread(
            moments=['occurred_at']
        ) }} as _unread,
        _loaded_at,
        _source_file,
        _row_number
    from source
),

standing as (
    select *
    from renamed
    where {{ not_deleted(
        'shop', 'visitor', 'renamed.visitor_id', 'renamed.occurred_at'
    ) }}
),

newest as (
    select * exclude (_source_file, _row_number)
    from standing
    qualify
        event_id is null
        or visitor_id is null
        or row_number() over (
            partition by visitor_id, event_id
            order by _loaded_at desc, _source_file desc, _row_number desc
        ) = 1
)

select * from newest
