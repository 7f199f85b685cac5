{% macro booked_line_type() -%}
    case
        when
            line_type in (
                {%- for line_type in line_types() %}
                '{{ line_type }}'{{ ',' if not loop.last }}
                {%- endfor %}
            )
            then line_type
        when product_id is not null then 'goods'
        else 'adjustment'
    end
{%- endmacro %}
