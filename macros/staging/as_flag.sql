{% macro as_flag(column, default=false) -%}
    coalesce(try_cast({{ column }} as boolean), {{ default }})
{%- endmacro %}
