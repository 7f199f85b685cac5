{% macro long_divided(dividend, divisor, places) -%}
    {#- Two digits a step, as on paper: no number grows beyond a hundred divisors. -#}
    {%- set first = 'cast(power(10, (' ~ places ~ ') % 2) as hugeint) * ('
        ~ dividend ~ ')' -%}
    list_transform(
        [
            list_reduce(
                list_resize(
                    [{
                        'quotient': {{ first }} // ({{ divisor }}),
                        'rest': {{ first }} % ({{ divisor }})
                    }],
                    1 + ({{ places }}) // 2,
                    {'quotient': cast(0 as hugeint), 'rest': cast(0 as hugeint)}
                ),
                lambda so_far, step: {
                    'quotient':
                        100 * so_far.quotient
                        + 100 * so_far.rest // ({{ divisor }}),
                    'rest': 100 * so_far.rest % ({{ divisor }})
                }
            )
        ],
        lambda done: done.quotient
        + cast(2 * done.rest >= ({{ divisor }}) as integer)
    )[1]
{%- endmacro %}
