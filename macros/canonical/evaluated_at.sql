{% macro evaluated_at() -%}
    timezone('UTC', now())
{%- endmacro %}
