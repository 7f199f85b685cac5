{% macro sales_measures_summed(orders_add_up=true) -%}
    {%- set counts = ['sold_quantity', 'returned_quantity'] -%}
    {%- if orders_add_up -%}
        {%- set counts = ['orders_count'] + counts -%}
    {%- endif -%}
    {%- for measure in counts %}
        cast(sum({{ measure }}) as bigint) as {{ measure }},
    {%- endfor %}
    {%- for measure in sales_amounts() %}
        {{ money('sum(' ~ measure ~ ')') }} as {{ measure }},
    {%- endfor %}
    {%- for measure in ['cost_amount', 'margin_amount'] %}
        {{ money(
            'case when count(*) = count(' ~ measure ~ ') then sum('
            ~ measure ~ ') end'
        ) }} as {{ measure }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
