{% macro ratio(numerator, denominator) -%}
    cast(
        cast(
            {{ allocated(
                '10000',
                'cast(' ~ numerator ~ ' as hugeint)',
                'nullif(' ~ denominator ~ ', 0)'
            ) }} as decimal(18, 0)
        ) * 0.0001 as decimal(18, 4)
    )
{%- endmacro %}
