{% macro key_columns(node) %}
    {%- set key = node.config.unique_key or [] -%}
    {%- do return([key] if key is string else key | list) -%}
{% endmacro %}
