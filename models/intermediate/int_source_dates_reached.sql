{%- set dated = {
    'customers': 'updated_at',
    'exchange_rates': 'rate_date',
    'orders': 'order_date',
    'payments': 'payment_date',
    'products': 'updated_at',
    'refunds': 'refund_date',
    'stock_movements': 'movement_date',
    'web_events': 'event_date',
} -%}
with reached as (
    {%- for entity, business_date in dated.items() %}
    {%- if not loop.first %}
    union all
    {%- endif %}
    select
        source_name,
        '{{ entity }}' as entity,
        cast(max({{ business_date }}) as date) as newest_date
    from {{ ref('int_' ~ entity ~ '_united') }}
    group by source_name
    {%- endfor %}
)

select * from reached
