{% macro in_reporting_currency(amount, currency_code) -%}
    case
        when {{ currency_code }} = '{{ var("reporting_currency_code") }}'
            then {{ amount }}
    end
{%- endmacro %}
