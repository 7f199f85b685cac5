{% macro newest_of(column, group) -%}
    ({{ group }} is null
    or {{ column }} is null
    or {{ column }} = max({{ column }}) over (partition by {{ group }}))
{%- endmacro %}
