with reference_rates as (
    select * from {{ ref('base_ecb__reference_rates') }}
),

followed as (
    select
        md5(cast(list_value(*columns('^[a-z]{3}$')) as varchar)) as content,
        priority,
        rate_date,
        replaced_at,
        _loaded_at,
        _row_number,
        lead(_loaded_at) over (
            partition by rate_date, priority order by _loaded_at, _row_number
        ) as next_loaded_at
    from reference_rates
),

-- A day that its file's successor does not know is gone when that comes.
versions as (
    select
        *,
        case
            when next_loaded_at is null or next_loaded_at > replaced_at
                then replaced_at
        end as gone_at
    from followed
),

compared as (
    select
        *,
        lag(content) over by_delivery as previous_content,
        lag(gone_at) over by_delivery as previous_gone_at
    from versions
    window
        by_delivery as (
            partition by rate_date
            order by _loaded_at asc, priority desc, _row_number asc
        )
),

-- Through the euro a rate moves the rates of all pairs.
days_changed as (
    select
        rate_date,
        _loaded_at
    from compared
    where
        content is distinct from previous_content
        or previous_gone_at is not null
    union all
    select
        rate_date,
        gone_at as _loaded_at
    from compared
    where gone_at is not null
),

deliveries as (
    select
        cast(min(rate_date) as timestamp) as changed_from,
        _loaded_at
    from days_changed
    group by _loaded_at
),

currencies as (
    select currency_code from {{ ref('currencies') }}
),

changes as (
    select
        'exchange_rate' as document_type,
        currencies.currency_code as document_id,
        deliveries.changed_from,
        deliveries._loaded_at
    from deliveries
    cross join currencies
)

select * from changes
