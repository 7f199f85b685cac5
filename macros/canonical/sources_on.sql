{% macro sources_on(entity) %}
    {%- set providing = [] -%}
    {%- for source_name in active_sources() if source_name in var('shops') -%}
        {%- if entity in var('shops')[source_name]['entities'] -%}
            {%- do providing.append(source_name) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(providing) -%}
{% endmacro %}
