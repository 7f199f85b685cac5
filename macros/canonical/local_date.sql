{% macro local_date(moment) -%}
    cast({{ local_time(moment) }} as date)
{%- endmacro %}
