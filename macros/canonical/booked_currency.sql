{% macro booked_currency(column='currency_code') -%}
    coalesce(nullif(upper(trim({{ column }})), ''), 'XXX')
{%- endmacro %}
