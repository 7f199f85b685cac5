{% macro line_price(quantity, unit_price) -%}
    coalesce(
        try_cast(
            cast({{ quantity }} as decimal(12, 0))
            * cast({{ unit_price }} as decimal(22, 4)) as decimal(18, 4)
        ),
        0
    )
{%- endmacro %}
