{%- set entities = [
    'customers', 'products', 'orders', 'order_lines', 'refunds',
    'refund_lines', 'payments', 'stock_movements', 'web_events',
    'exchange_rates', 'deletions',
] -%}
with united as (
    select
        cast(null as varchar) as source_name,
        cast(null as varchar) as entity,
        cast(null as varchar) as row_text,
        cast(null as timestamp) as _loaded_at
    where false
    {%- for entity in entities %}
    {%- for source_name in sources_on(entity) %}
    {%- set staged = 'stg_' ~ source_name ~ '__' ~ entity %}
    union all
    select
        '{{ source_name }}' as source_name,
        '{{ entity }}' as entity,
        cast(to_json({{ staged }}) as varchar) as row_text,
        {{ staged }}._loaded_at
    from {{ ref(staged) }} as {{ staged }}
    where {{ entity_key(entity) | join(' is null or ') }} is null
    {%- endfor %}
    {%- endfor %}
)

select * from united
