{% macro sales_measures_or_zero(sold) -%}
    {%- set counts = ['orders_count', 'sold_quantity', 'returned_quantity'] -%}
    {%- set amounts = [
        'gross_sales_amount', 'discount_amount', 'returns_amount',
        'net_sales_amount', 'shipping_amount', 'tax_amount', 'fee_amount',
        'adjustment_amount', 'total_sales_amount', 'gift_card_amount',
    ] -%}
    {%- for measure in counts + amounts %}
        coalesce({{ sold }}.{{ measure }}, 0) as {{ measure }},
    {%- endfor %}
    {%- for measure in ['cost_amount', 'margin_amount'] %}
        case
            when {{ sold }}.entry_date is null then 0
            else {{ sold }}.{{ measure }}
        end as {{ measure }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
