{% macro sales_measures(count_orders=true) -%}
    {#- Cost of what has no value in the reporting currency is kept out, as the value is. -#}
    {%- set cost = "case when count(reporting_amount) = count(cost_amount) filter (where reporting_amount is not null) then sum(cost_amount) filter (where reporting_amount is not null) end" -%}
    {% if count_orders -%}
    count(distinct order_key) filter (where entry_type = 'sale')
        as orders_count,
    {% endif -%}
    cast(coalesce(sum(quantity) filter (where entry_type = 'sale'), 0) as bigint)
        as sold_quantity,
    cast(coalesce(-sum(quantity) filter (where entry_type = 'refund'), 0) as bigint)
        as returned_quantity,
    {%- for column, sign, entries in [
        ('gross_sales_amount', '', "sales_measure = 'gross_sales'"),
        ('discount_amount', '-', "sales_measure = 'discounts'"),
        ('returns_amount', '-', "sales_measure = 'returns'"),
        ('net_sales_amount', '', 'is_net_sales'),
        ('shipping_amount', '', "sales_measure = 'shipping'"),
        ('tax_amount', '', "sales_measure = 'tax'"),
        ('fee_amount', '', "sales_measure = 'fees'"),
        ('adjustment_amount', '', "sales_measure = 'adjustments'"),
        ('total_sales_amount', '', 'is_total_sales'),
        ('gift_card_amount', '', "sales_measure = 'gift_cards'"),
    ] %}
    {{ money('coalesce(' ~ sign ~ 'sum(reporting_amount) filter (where ' ~ entries ~ '), 0)') }}
        as {{ column }},
    {%- endfor %}
    {{ money(cost) }} as cost_amount,
    {{ money('coalesce(sum(reporting_amount) filter (where is_net_sales), 0) - (' ~ cost ~ ')') }}
        as margin_amount
{%- endmacro %}
