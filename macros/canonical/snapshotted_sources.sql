{% macro snapshotted_sources() %}
    {%- set found = [] -%}
    {%- for source_name in active_sources() if source_name in var('shops') -%}
        {%- if var('shops')[source_name]['history'] == 'snapshot' -%}
            {%- do found.append(source_name) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(found) -%}
{% endmacro %}
