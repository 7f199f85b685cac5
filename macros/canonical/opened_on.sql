{% macro opened_on() -%}
    case
        {%- for source_name in var('shops')
            if var('shops')[source_name].opened_on %}
        when source_name = '{{ source_name }}'
            then date '{{ var("shops")[source_name].opened_on }}'
        {%- endfor %}
        when true then date '1990-01-01'
    end
{%- endmacro %}
