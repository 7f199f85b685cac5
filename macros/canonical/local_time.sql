{% macro local_time(moment) -%}
    case source_name
        {%- for source_name in var('shops') %}
        when '{{ source_name }}'
            then timezone(
                '{{ var("shops")[source_name].time_zone }}',
                timezone('UTC', {{ moment }})
            )
        {%- endfor %}
        else {{ moment }}
    end
{%- endmacro %}
