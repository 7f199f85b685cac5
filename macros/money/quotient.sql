{% macro quotient(dividend, divisor, width=9, scale=6) -%}
    case
        when {{ divisor }} > 0
            then cast(
                cast(
                    {{ divided(
                        10 ** scale ~ ' * ' ~ in_ten_thousandths(dividend),
                        in_ten_thousandths(divisor)
                    ) }}
                    as decimal(18, 0)
                ) * 0.{{ '0' * (scale - 1) }}1
                as decimal({{ width }}, {{ scale }})
            )
    end
{%- endmacro %}
