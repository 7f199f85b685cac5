{% macro lasting_quantity(demand_quantity, stocked_days_count) -%}
    {{ quotient(
        demand_quantity ~ ' * '
        ~ (var('reorder_lead_days') + var('reorder_cover_days')),
        stocked_days_count, 18, 4
    ) }}
{%- endmacro %}
