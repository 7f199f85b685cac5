with orders as (
    select * from {{ ref('fct_orders') }}
    where goods_line_count > 0 and customer_key <> '-1'
),

customers as (
    select * from {{ ref('dim_customers') }}
),

rpt_customer_orders as (
    select
        orders.order_key,
        customers.surviving_customer_key as customer_key,
        orders.source_name,
        orders.channel,
        cast(row_number() over order_of_customer as bigint) as order_number,
        row_number() over order_of_customer = 1 as is_first_order,
        orders.order_date
    from orders
    inner join customers
        on orders.customer_key = customers.customer_key
    window order_of_customer as (
        partition by customers.surviving_customer_key
        order by orders.placed_at, orders.order_key
    )
)

select * from rpt_customer_orders
