{%- set moments = {
    'customers': 'updated_at',
    'orders': 'placed_at',
    'payments': 'processed_at',
    'products': 'updated_at',
    'refunds': 'refunded_at',
    'stock_movements': 'moved_at',
    'web_events': 'occurred_at',
} -%}
with reached as (
    {%- for entity, moment in moments.items() %}
    select
        source_name,
        '{{ entity }}' as entity,
        {{ local_date('max(' ~ moment ~ ')') }} as newest_date
    from {{ ref('int_' ~ entity ~ '_united') }}
    group by source_name
    union all
    {%- endfor %}
    select
        source_name,
        'exchange_rates' as entity,
        max(rate_date) as newest_date
    from {{ ref('int_exchange_rates_united') }}
    group by source_name
)

select * from reached
