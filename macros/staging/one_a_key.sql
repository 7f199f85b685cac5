{% macro one_a_key(key, newest_by=['updated_at', '_loaded_at']) -%}
    qualify
        row_number() over (
            partition by {{ key }}
            order by
                {%- for column in newest_by %}
                {{ column }} desc nulls last{{ ',' if not loop.last }}
                {%- endfor %}
        ) = 1
{%- endmacro %}
