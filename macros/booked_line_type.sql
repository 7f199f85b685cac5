{% macro booked_line_type() -%}
    case
        when
            line_type in (
                'goods', 'gift_card', 'shipping', 'fee', 'discount',
                'adjustment'
            )
            then line_type
        when product_id is not null then 'goods'
        else 'adjustment'
    end
{%- endmacro %}
