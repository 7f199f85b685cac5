{% macro surviving_customer_days(customer_days, customers) %}
    select
        days.* replace (customers.surviving_customer_key as customer_key)
    from {{ customer_days }} as days
    inner join {{ customers }} as customers
        on days.customer_key = customers.customer_key
{%- endmacro %}
