{% macro reorder_quantity(lasting_quantity, on_hand_quantity) -%}
    case
        when needs_reorder and {{ lasting_quantity }} is not null
            then cast(
                ceil(greatest({{ lasting_quantity }}, {{ on_hand_quantity }}))
                - {{ on_hand_quantity }} as bigint
            )
    end
{%- endmacro %}
