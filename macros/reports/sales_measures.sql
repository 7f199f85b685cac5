{% macro sales_measures(count_orders=true) -%}
    {%- set summed = {} -%}
    {%- for measure in ['gross_sales', 'discounts', 'returns', 'net_sales', 'shipping', 'tax', 'fees', 'adjustments', 'total_sales', 'gift_cards'] -%}
        {%- do summed.update({measure: "sum(reporting_amount) filter (where " ~ counts_towards(measure) ~ ")"}) -%}
    {%- endfor -%}
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
    {{ money('coalesce(' ~ summed.gross_sales ~ ', 0)') }} as gross_sales_amount,
    {{ money('coalesce(-' ~ summed.discounts ~ ', 0)') }} as discount_amount,
    {{ money('coalesce(-' ~ summed.returns ~ ', 0)') }} as returns_amount,
    {{ money('coalesce(' ~ summed.net_sales ~ ', 0)') }} as net_sales_amount,
    {{ money('coalesce(' ~ summed.shipping ~ ', 0)') }} as shipping_amount,
    {{ money('coalesce(' ~ summed.tax ~ ', 0)') }} as tax_amount,
    {{ money('coalesce(' ~ summed.fees ~ ', 0)') }} as fee_amount,
    {{ money('coalesce(' ~ summed.adjustments ~ ', 0)') }} as adjustment_amount,
    {{ money('coalesce(' ~ summed.total_sales ~ ', 0)') }} as total_sales_amount,
    {{ money('coalesce(' ~ summed.gift_cards ~ ', 0)') }} as gift_card_amount,
    {{ money(cost) }} as cost_amount,
    {{ money('coalesce(' ~ summed.net_sales ~ ', 0) - (' ~ cost ~ ')') }} as margin_amount
{%- endmacro %}
