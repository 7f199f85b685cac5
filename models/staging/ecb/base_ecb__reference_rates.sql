with historical_files as (
    select
        loaded_at,
        lead(loaded_at) over (order by loaded_at) as replaced_at
    from {{ source('ops', 'loads') }}
    where
        source = 'ecb'
        and table_name = 'historical_rates'
        and status = 'loaded'
),

historical as (
    select
        rows_delivered.*,
        historical_files.replaced_at,
        1 as priority
    from {{ source('ecb', 'historical_rates') }} as rows_delivered
    inner join historical_files
        on rows_delivered._loaded_at = historical_files.loaded_at
),

delivered as (
    select * from historical
    union all by name
    select
        *,
        cast(null as timestamp) as replaced_at,
        2 as priority
    from {{ source('ecb', 'daily_rates') }}
),

renamed as (
    select
        nullif(nullif(trim(columns('^[a-z]{3}$')), ''), 'N/A'),

        priority,

        cast(
            coalesce(
                try_strptime(trim(rate_date), ['%Y-%m-%d', '%d %B %Y']),
                error('ecb: rate_date is ' || rate_date || ', which is no day')
            ) as date
        ) as rate_date,
        replaced_at,

        _loaded_at,
        _row_number
    from delivered
    where rate_date is not null
)

select * from renamed
