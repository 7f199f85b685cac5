{% macro sources_on(entity) %}
    {%- set providing = [] -%}
    {%- for source_name in env_var('STOREHOUSE_SOURCES', 'shop').split(',') -%}
        {%- if entity in var('shops')[source_name]['entities'] -%}
            {%- do providing.append(source_name) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(providing) -%}
{% endmacro %}
