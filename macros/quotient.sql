{% macro quotient(dividend, divisor, width=9, scale=6) -%}
    {#- In ten-thousandths both are whole numbers, which divide exactly. -#}
    {%- set above = 'cast(10000 * cast(' ~ dividend ~ ' as decimal(28, 4)) as hugeint)' -%}
    {%- set below = 'cast(10000 * cast(' ~ divisor ~ ' as decimal(28, 4)) as hugeint)' -%}
    case
        when {{ divisor }} > 0
            then cast(
                cast(
                    {{ divided(10 ** scale ~ ' * ' ~ above, below) }}
                    as decimal(18, 0)
                ) * 0.{{ '0' * (scale - 1) }}1
                as decimal({{ width }}, {{ scale }})
            )
    end
{%- endmacro %}
