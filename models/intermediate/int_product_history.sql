{% set with_snapshots = snapshotted_sources() | join("', '") -%}
{% set with_versions = sources_on('product_versions') | join("', '") -%}
with versions as (
    select * from {{ ref('int_product_versions_united') }}
),

products as (
    select * from {{ ref('int_products_united') }}
),

snapshots as (
    select
        * replace (is_deleted or dbt_is_deleted = 'True' as is_deleted),
        dbt_valid_from as updated_at
    from {{ ref('snap_products') }}
    where source_name in ('{{ with_snapshots }}')
),

-- A source that overwrites in place has the versions that snapshots noted; one
-- that has neither has one version a product, as it is now, but for the list
-- price: what it was at the time of an order is not known.
known as (
    select * from versions
    where source_name not in ('{{ with_snapshots }}')
    union all by name
    select * from snapshots
    union all by name
    select
        products.* replace (
            cast(null as decimal(18, 4)) as list_price_amount
        )
    from products
    where
        source_name not in ('{{ with_versions }}')
        and source_name not in ('{{ with_snapshots }}')
),

-- Of two versions of one moment the newest row counts.
met_once as (
    select * replace (coalesce(updated_at, _loaded_at) as updated_at)
    from known
    {{ one_a_key('source_name, product_id, updated_at', ['_loaded_at']) }}
),

compared as (
    select
        *,
        (
            sku, product_name, category_name, currency_code,
            list_price_amount, unit_cost_amount, is_active, is_deleted
        ) as terms,
        row_number() over (
            partition by source_name, product_id order by updated_at
        ) as version_number
    from met_once
),

-- A version that repeats the one before it begins nothing.
changes as (
    select *
    from compared
    qualify
        version_number = 1
        or terms is distinct from lag(terms) over (
            partition by source_name, product_id order by version_number
        )
),

-- Before its first known version a product was what that version says.
dated as (
    select
        md5(concat_ws(
            '|', source_name, 'product_version', product_id,
            case
                when version_number = 1 then 'first'
                else cast(updated_at as varchar)
            end
        )) as product_version_key,
        {{ surrogate_key("'product'", 'product_id') }} as product_key,

        source_name,
        product_id,

        sku,
        product_name,
        category_name,
        currency_code,

        list_price_amount,
        unit_cost_amount,

        is_active,
        is_deleted,

        case
            when version_number = 1 then timestamp '1900-01-01'
            else updated_at
        end as valid_from,
        lead(updated_at, 1, timestamp '9999-12-31') over (
            partition by source_name, product_id order by version_number
        ) as valid_to,

        _loaded_at
    from changes
)

select * from dated
