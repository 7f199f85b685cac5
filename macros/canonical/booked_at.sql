{% macro booked_at(moment, fallbacks=['updated_at', '_loaded_at']) -%}
    coalesce({{ moment }}, {{ fallbacks | join(', ') }})
{%- endmacro %}
