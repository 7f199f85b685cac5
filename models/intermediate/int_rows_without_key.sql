{%- set entities = [
    'customers', 'products', 'orders', 'order_lines', 'refunds',
    'refund_lines', 'payments', 'stock_movements', 'web_events',
    'exchange_rates',
] -%}
{%- set found = [] -%}
with united as (
    {%- for entity in entities %}
    {%- for source_name in sources_on(entity) %}
    {%- set staged = 'stg_' ~ source_name ~ '__' ~ entity %}
    {{- '\n    union all' if found }}
    {%- do found.append(staged) %}
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
