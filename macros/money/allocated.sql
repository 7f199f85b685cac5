{% macro allocated(amount, up_to, whole) -%}
    ((2 * ({{ amount }}) * ({{ up_to }}) + ({{ whole }})) // (2 * ({{ whole }})))
{%- endmacro %}
