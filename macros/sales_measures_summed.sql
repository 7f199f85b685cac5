{% macro sales_measures_summed(orders_add_up=true) -%}
    {%- set counts = ['sold_quantity', 'returned_quantity'] -%}
    {%- if orders_add_up -%}
        {%- set counts = ['orders_count'] + counts -%}
    {%- endif -%}
    {%- set amounts = [
        'gross_sales_amount', 'discount_amount', 'returns_amount',
        'net_sales_amount', 'shipping_amount', 'tax_amount', 'fee_amount',
        'adjustment_amount', 'total_sales_amount', 'gift_card_amount',
    ] -%}
    {%- for measure in counts %}
        cast(sum({{ measure }}) as bigint) as {{ measure }},
    {%- endfor %}
    {%- for measure in amounts %}
        {{ money('sum(' ~ measure ~ ')') }} as {{ measure }},
    {%- endfor %}
    {%- for measure in ['cost_amount', 'margin_amount'] %}
        {{ money(
            'case when count(*) = count(' ~ measure ~ ') then sum('
            ~ measure ~ ') end'
        ) }} as {{ measure }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
