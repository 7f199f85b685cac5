with customers as (
    select * from {{ ref('int_customers_united') }}
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

-- Documents may name a customer before, or without, a row of their own.
mentioned as (
    select * from order_customers
    union
    select * from refund_customers
),

members as (
    select
        coalesce(customers.source_name, mentioned.source_name) as source_name,
        coalesce(customers.customer_id, mentioned.customer_id) as customer_id,
        customers.country_code,
        customers.city,
        coalesce(customers.is_deleted, false) as is_deleted,
        customers.customer_id is null as is_inferred,
        customers.created_at,
        customers.updated_at,
        customers._loaded_at
    from customers
    full outer join mentioned
        on
            customers.source_name = mentioned.source_name
            and customers.customer_id = mentioned.customer_id
),

dim_customers as (
    select
        {{ surrogate_key("'customer'", 'customer_id') }} as customer_key,
        {{ surrogate_key("'customer'", 'customer_id') }}
            as surviving_customer_key,

        source_name,
        customer_id,

        country_code,
        city,

        is_deleted,
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
        false as is_inferred,
        null as created_at,
        null as updated_at,
        null as _loaded_at
)

select * from dim_customers
