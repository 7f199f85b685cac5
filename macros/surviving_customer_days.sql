{% macro surviving_customer_days(customer_days, customers) %}
    select
        customers.surviving_customer_key as customer_key,
        days.source_name,
        days.entry_date,
        sum(days.orders_count) as orders_count,
        sum(days.net_sales_amount) as net_sales_amount,
        case
            when count(*) = count(days.margin_amount)
                then sum(days.margin_amount)
        end as margin_amount
    from {{ customer_days }} as days
    inner join {{ customers }} as customers
        on days.customer_key = customers.customer_key
    group by
        customers.surviving_customer_key,
        days.source_name,
        days.entry_date
{%- endmacro %}
