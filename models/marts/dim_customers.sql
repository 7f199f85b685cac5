{% set with_snapshots = snapshotted_sources() | join("', '") -%}
with united as (
    select *
    from {{ ref('int_customers_united') }}
    {{ one_a_key('source_name, customer_id') }}
),

-- What a source that overwrites in place no longer has.
gone as (
    select
        * replace (true as is_deleted),
        dbt_valid_from as updated_at
    from {{ ref('snap_customers') }}
    where
        source_name in ('{{ with_snapshots }}')
        and dbt_valid_to is null
        and dbt_is_deleted = 'True'
        and (source_name, customer_id) not in (
            select
                united.source_name,
                united.customer_id
            from united
        )
),

customers as (
    select * from united
    union all by name
    select * from gone
),

followed_0 as (
    select
        source_name,
        customer_id,
        merged_into_customer_id as surviving_customer_id
    from customers
    where merged_into_customer_id <> customer_id
),

-- Each round doubles the steps that a chain of merges is followed: up to eight.
{% for round in range(3) -%}
followed_{{ round + 1 }} as (
    select
        nearer.source_name,
        nearer.customer_id,
        coalesce(beyond.surviving_customer_id, nearer.surviving_customer_id)
            as surviving_customer_id
    from followed_{{ round }} as nearer
    left join followed_{{ round }} as beyond
        on
            nearer.source_name = beyond.source_name
            and nearer.surviving_customer_id = beyond.customer_id
),

{% endfor -%}
-- Where no end is found, as in a circle, a customer stands for itself.
survivors as (
    select
        followed.source_name,
        followed.customer_id,
        case
            when still_merged.customer_id is null
                then followed.surviving_customer_id
            else followed.customer_id
        end as surviving_customer_id
    from followed_3 as followed
    left join followed_0 as still_merged
        on
            followed.source_name = still_merged.source_name
            and followed.surviving_customer_id = still_merged.customer_id
),

order_customers as (
    select distinct
        source_name,
        customer_id
    from {{ ref('int_orders_united') }}
    where customer_id is not null
),

refund_customers as (
    select distinct
        source_name,
        customer_id
    from {{ ref('int_refunds_united') }}
    where customer_id is not null
),

web_customers as (
    select distinct
        source_name,
        customer_id
    from {{ ref('int_web_events_united') }}
    where customer_id is not null
),

merge_customers as (
    select distinct
        source_name,
        surviving_customer_id as customer_id
    from survivors
),

-- Documents may name a customer before, or without, a row of their own.
mentioned as (
    select * from order_customers
    union
    select * from refund_customers
    union
    select * from web_customers
    union
    select * from merge_customers
),

members as (
    select
        coalesce(customers.source_name, mentioned.source_name) as source_name,
        coalesce(customers.customer_id, mentioned.customer_id) as customer_id,
        coalesce(
            survivors.surviving_customer_id,
            customers.customer_id,
            mentioned.customer_id
        ) as surviving_customer_id,
        customers.country_code,
        customers.city,
        coalesce(customers.is_deleted, false) as is_deleted,
        survivors.customer_id is not null as is_merged,
        customers.customer_id is null as is_inferred,
        customers.created_at,
        customers.updated_at,
        customers._loaded_at
    from customers
    full outer join mentioned
        on
            customers.source_name = mentioned.source_name
            and customers.customer_id = mentioned.customer_id
    left join survivors
        on
            customers.source_name = survivors.source_name
            and customers.customer_id = survivors.customer_id
),

dim_customers as (
    select
        {{ surrogate_key("'customer'", 'customer_id') }} as customer_key,
        {{ surrogate_key("'customer'", 'surviving_customer_id') }}
            as surviving_customer_key,

        source_name,
        customer_id,

        country_code,
        city,

        is_deleted,
        is_merged,
        is_inferred,

        created_at,
        updated_at,

        _loaded_at
    from members
    union all
    select
        '-1' as customer_key,
        '-1' as surviving_customer_key,
        'unknown' as source_name,
        null as customer_id,
        null as country_code,
        null as city,
        false as is_deleted,
        false as is_merged,
        false as is_inferred,
        null as created_at,
        null as updated_at,
        null as _loaded_at
)

select * from dim_customers
