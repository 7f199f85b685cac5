{% macro customer_entries(ledger_entries, customers) %}
    select
        entries.* replace (customers.surviving_customer_key as customer_key)
    from {{ ledger_entries }} as entries
    inner join {{ customers }} as customers
        on entries.customer_key = customers.customer_key
    where entries.customer_key <> '-1'
{% endmacro %}
