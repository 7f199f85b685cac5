with lines as (
    select * from {{ ref('base_online_retail__invoice_lines') }}
    where customer_id is not null
),

countries as (
    select * from {{ ref('online_retail_countries') }}
),

per_country as (
    select
        customer_id,
        country_name,
        count(*) as line_count,
        max(invoiced_at) as last_invoiced_at
    from lines
    group by customer_id, country_name
),

-- One country a customer: the one on most of its lines; of equals, the one
-- named last, then the first by name.
chosen as (
    select *
    from per_country
    qualify
        row_number() over (
            partition by customer_id
            order by
                line_count desc,
                last_invoiced_at desc,
                country_name asc
        ) = 1
),

seen as (
    select
        customer_id,
        min(invoiced_at) as created_at,
        max(invoiced_at) as updated_at,
        max(_loaded_at) as _loaded_at
    from lines
    group by customer_id
),

customers as (
    select
        seen.customer_id,
        cast(null as varchar) as merged_into_customer_id,

        cast(null as varchar) as email,
        cast(null as varchar) as full_name,
        countries.country_code,
        cast(null as varchar) as city,

        false as is_deleted,

        seen.created_at,
        seen.updated_at,

        seen._loaded_at
    from seen
    inner join chosen
        on seen.customer_id = chosen.customer_id
    left join countries
        on chosen.country_name = countries.country_name
)

select * from customers
