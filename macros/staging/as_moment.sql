{% macro as_moment(column) -%}
    cast(
        try_cast({{ column }} as timestamptz) at time zone 'UTC' as timestamp
    )
{%- endmacro %}
