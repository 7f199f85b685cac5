{% macro utc_from_local(column, time_zone) -%}
    cast(
        timezone('{{ time_zone }}', cast({{ column }} as timestamp))
        at time zone 'UTC' as timestamp
    )
{%- endmacro %}
