{% macro divided(dividend, divisor) -%}
    (
        sign({{ dividend }})
        * (
            (2 * abs({{ dividend }}) + ({{ divisor }}))
            // (2 * ({{ divisor }}))
        )
    )
{%- endmacro %}
