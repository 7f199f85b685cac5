{% macro money_of_ten_thousandths(number) -%}
    {{ money('cast(' ~ number ~ ' as decimal(18, 0)) * 0.0001') }}
{%- endmacro %}
