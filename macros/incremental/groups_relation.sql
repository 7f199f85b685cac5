{% macro groups_relation() -%}
    changes.{{ model.name }}__groups
{%- endmacro %}
