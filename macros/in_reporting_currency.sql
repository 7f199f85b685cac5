{% macro in_reporting_currency(amount, currency_code, rate) -%}
    case
        when {{ currency_code }} = '{{ var("reporting_currency_code") }}'
            then {{ money(amount) }}
        else {{ money(money(amount) ~ ' * ' ~ rate) }}
    end
{%- endmacro %}
