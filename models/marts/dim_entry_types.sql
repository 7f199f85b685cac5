{%- set net_sales = entry_types_of('net_sales') %}
{%- set total_sales = entry_types_of('total_sales') %}
with dim_entry_types as (
    {%- for type in entry_types() %}
    select
        '{{ type.entry_type }}' as entry_type,
        '{{ type.sales_measure }}' as sales_measure,
        {{ type.entry_type in net_sales }} as is_net_sales,
        {{ type.entry_type in total_sales }} as is_total_sales
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}
)

select * from dim_entry_types
