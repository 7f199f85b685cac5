{% macro local_date(column, time_zone) -%}
    cast(timezone('{{ time_zone }}', timezone('UTC', {{ column }})) as date)
{%- endmacro %}
