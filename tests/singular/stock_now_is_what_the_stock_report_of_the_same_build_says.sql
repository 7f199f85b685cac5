{% set columns = [
    'on_hand_quantity', 'average_daily_sold_quantity', 'days_of_cover',
    'reorder_quantity', 'is_out_of_stock', 'needs_reorder',
] -%}
with stock_now as (
    select * from {{ ref('rpt_stock_now') }}
),

cover as (
    select * from {{ ref('rpt_stock_cover') }}
)

select
    {%- for column in columns %}
    stock_now.{{ column }} as {{ column }}_now,
    cover.{{ column }},
    {%- endfor %}
    coalesce(stock_now.product_key, cover.product_key) as product_key
from stock_now
full outer join cover
    on stock_now.product_key = cover.product_key
where
    false
    {%- for column in columns %}
    or stock_now.{{ column }} is distinct from cover.{{ column }}
    {%- endfor %}
