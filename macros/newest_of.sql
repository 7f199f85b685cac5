{% macro newest_of(column, group) -%}
    ({{ group }} is null
    or coalesce({{ column }}, timestamp '9999-12-31')
    = max(coalesce({{ column }}, timestamp '9999-12-31'))
        over (partition by {{ group }}))
{%- endmacro %}
