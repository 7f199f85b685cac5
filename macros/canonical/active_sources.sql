{% macro active_sources() %}
    {%- do return((env_var('STOREHOUSE_SOURCES', '') or 'shop').split(',')) -%}
{% endmacro %}
