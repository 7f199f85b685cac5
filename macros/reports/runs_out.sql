{% macro runs_out(on_hand_quantity, days_of_cover) -%}
    (
        {{ on_hand_quantity }} <= 0
        or coalesce({{ days_of_cover }} < {{ var('reorder_lead_days') }}, false)
    )
{%- endmacro %}
