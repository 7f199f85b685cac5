{% macro opened_on() -%}
    case
        {%- for source_name, shop in var('shops').items()
            if 'opened_on' in shop %}
        when source_name = '{{ source_name }}' then date '{{ shop.opened_on }}'
        {%- endfor %}
        when true then date '1990-01-01'
    end
{%- endmacro %}
