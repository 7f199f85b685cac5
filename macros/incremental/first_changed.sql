{% macro first_changed(columns, otherwise) -%}
    {%- set key = key_columns(model) -%}
    {{ where_replaced(
        '(select groups.' ~ key | last ~ ' from ' ~ groups_relation() ~ ' as groups where (groups.'
        ~ key[:-1] | join(', groups.') ~ ') = (' ~ columns ~ '))',
        otherwise
    ) }}
{%- endmacro %}
