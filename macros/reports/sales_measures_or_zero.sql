{% macro sales_measures_or_zero(sold) -%}
    {%- set counts = ['orders_count', 'sold_quantity', 'returned_quantity'] -%}
    {%- for measure in counts + sales_amounts() %}
        coalesce({{ sold }}.{{ measure }}, 0) as {{ measure }},
    {%- endfor %}
    {%- for measure in ['cost_amount', 'margin_amount'] %}
        case
            when {{ sold }}.entry_date is null then 0
            else {{ sold }}.{{ measure }}
        end as {{ measure }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
