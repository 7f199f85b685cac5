{% macro in_reporting_currency(amount, currency_code, rate) -%}
    {#- DuckDB keeps a product of two decimals of 18 digits to 18 digits. -#}
    {%- set wide_amount = 'cast(' ~ money(amount) ~ ' as decimal(28, 4))' -%}
    case
        when {{ currency_code }} = '{{ var("reporting_currency_code") }}'
            then {{ money(amount) }}
        else {{ money(wide_amount ~ ' * ' ~ rate) }}
    end
{%- endmacro %}
