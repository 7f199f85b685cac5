{% set with_snapshots = snapshotted_sources() | join("', '") -%}
{% set with_versions = sources_on('customer_versions') | join("', '") -%}
with versions as (
    select * from {{ ref('int_customer_versions_united') }}
),

customers as (
    select * from {{ ref('int_customers_united') }}
),

snapshots as (
    select
        * replace (is_deleted or dbt_is_deleted = 'True' as is_deleted),
        dbt_valid_from as updated_at
    from {{ ref('snap_customers') }}
    where source_name in ('{{ with_snapshots }}')
),

-- As in int_product_history.
known as (
    select * from versions
    where source_name not in ('{{ with_snapshots }}')
    union all by name
    select * from snapshots
    union all by name
    select * from customers
    where
        source_name not in ('{{ with_versions }}')
        and source_name not in ('{{ with_snapshots }}')
),

-- Of two versions of one moment the newest row counts.
met_once as (
    select * replace (coalesce(updated_at, _loaded_at) as updated_at)
    from known
    {{ one_a_key('source_name, customer_id, updated_at', ['_loaded_at']) }}
),

compared as (
    select
        *,
        coalesce(merged_into_customer_id <> customer_id, false) as is_merged,
        (country_code, city, is_deleted, is_merged) as terms,
        row_number() over (
            partition by source_name, customer_id order by updated_at
        ) as version_number
    from met_once
),

changes as (
    select *
    from compared
    qualify
        version_number = 1
        or terms is distinct from lag(terms) over (
            partition by source_name, customer_id order by version_number
        )
),

dated as (
    select
        md5(concat_ws(
            '|', source_name, 'customer_version', customer_id,
            case
                when version_number = 1 then 'first'
                else cast(updated_at as varchar)
            end
        )) as customer_version_key,

        source_name,
        customer_id,

        country_code,
        city,

        is_deleted,
        is_merged,

        case
            when version_number = 1 then timestamp '1900-01-01'
            else updated_at
        end as valid_from,
        lead(updated_at, 1, timestamp '9999-12-31') over (
            partition by source_name, customer_id order by version_number
        ) as valid_to,

        _loaded_at
    from changes
)

select * from dated
