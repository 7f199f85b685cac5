{% macro counts_towards(measure, column='entry_type') -%}
    {{ column }} in ('{{ entry_types_of(measure) | join("', '") }}')
{%- endmacro %}
