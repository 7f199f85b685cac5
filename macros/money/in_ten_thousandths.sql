{% macro in_ten_thousandths(amount) -%}
    cast(10000 * cast({{ amount }} as decimal(28, 4)) as hugeint)
{%- endmacro %}
