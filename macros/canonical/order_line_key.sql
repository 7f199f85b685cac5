{% macro order_line_key(order_id, order_line_id, source_name='source_name') -%}
    {{ surrogate_key(
        "'order_line'", order_id ~ " || '|' || " ~ order_line_id, source_name
    ) }}
{%- endmacro %}
