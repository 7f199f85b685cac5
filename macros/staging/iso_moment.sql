{% macro iso_moment(column, format, time_zone) -%}
    coalesce(
        cast(
            timezone('{{ time_zone }}', try_strptime({{ column }}, '{{ format }}'))
            as varchar
        ),
        {{ column }}
    )
{%- endmacro %}
