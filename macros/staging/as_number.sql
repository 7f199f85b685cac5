{% macro as_number(column, data_type='decimal(18, 4)') -%}
    try_cast({{ column }} as {{ data_type }})
{%- endmacro %}
