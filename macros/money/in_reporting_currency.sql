{% macro in_reporting_currency(amount, currency_code, rate) -%}
    {#- DuckDB keeps a product of two decimals to the digits of the wider one. -#}
    case
        when {{ currency_code }} = '{{ var("reporting_currency_code") }}'
            then {{ money(amount) }}
        when {{ amount }} = 0 then {{ money('0') }}
        else {{ money(money(amount) ~ ' * ' ~ rate) }}
    end
{%- endmacro %}
