{% macro in_changed_groups(columns) -%}
    {%- set key = key_columns(model)[:columns.split(', ') | length] -%}
    {{ where_replaced(
        '(' ~ columns ~ ') in (select ' ~ key | join(', ') ~ ' from ' ~ groups_relation() ~ ')',
        'true'
    ) }}
{%- endmacro %}
