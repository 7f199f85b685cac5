{% macro in_changed_groups(columns, or_without_key=none) -%}
    {%- set names = columns.split(', ') -%}
    {%- set key = key_columns(model)[:names | length] -%}
    {%- set changed = '(' ~ columns ~ ') in (select ' ~ key | join(', ') ~ ' from '
        ~ groups_relation() ~ ')' -%}
    {#- No change names a row without a key: staging reads all of them again. -#}
    {{ where_replaced(
        '(' ~ changed ~ ' or ' ~ names | join(' is null or ') ~ ' is null)'
        if (model.fqn[1] == 'staging' if or_without_key is none else or_without_key)
        else changed,
        'true'
    ) }}
{%- endmacro %}
