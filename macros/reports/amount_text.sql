{% macro amount_text(amount) -%}
    cast(cast({{ amount }} as decimal(18, 2)) as varchar)
    || ' {{ var("reporting_currency_code") }}'
{%- endmacro %}
