{% macro sales_measures(count_orders=true) -%}
    {%- set gross = "sum(reporting_amount) filter (where entry_type = 'sale')" -%}
    {%- set discount = "sum(reporting_amount) filter (where entry_type = 'discount')" -%}
    {%- set returns = "sum(reporting_amount) filter (where entry_type = 'refund')" -%}
    {%- set shipping = "sum(reporting_amount) filter (where entry_type in ('shipping', 'refund_shipping'))" -%}
    {%- set tax = "sum(reporting_amount) filter (where entry_type in ('tax', 'refund_tax'))" -%}
    {%- set fee = "sum(reporting_amount) filter (where entry_type = 'fee')" -%}
    {%- set adjustment = "sum(reporting_amount) filter (where entry_type in ('adjustment', 'difference'))" -%}
    {%- set gift_card = "sum(reporting_amount) filter (where entry_type = 'gift_card')" -%}
    {%- set total = "sum(reporting_amount) filter (where entry_type <> 'gift_card')" -%}
    {%- set net = "sum(reporting_amount) filter (where entry_type in ('sale', 'discount', 'refund'))" -%}
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
    {{ money('coalesce(' ~ gross ~ ', 0)') }} as gross_sales_amount,
    {{ money('coalesce(-' ~ discount ~ ', 0)') }} as discount_amount,
    {{ money('coalesce(-' ~ returns ~ ', 0)') }} as returns_amount,
    {{ money('coalesce(' ~ net ~ ', 0)') }} as net_sales_amount,
    {{ money('coalesce(' ~ shipping ~ ', 0)') }} as shipping_amount,
    {{ money('coalesce(' ~ tax ~ ', 0)') }} as tax_amount,
    {{ money('coalesce(' ~ fee ~ ', 0)') }} as fee_amount,
    {{ money('coalesce(' ~ adjustment ~ ', 0)') }} as adjustment_amount,
    {{ money('coalesce(' ~ total ~ ', 0)') }} as total_sales_amount,
    {{ money('coalesce(' ~ gift_card ~ ', 0)') }} as gift_card_amount,
    {{ money(cost) }} as cost_amount,
    {{ money('coalesce(' ~ net ~ ', 0) - (' ~ cost ~ ')') }} as margin_amount
{%- endmacro %}
