{% macro surrogate_key(entity, id, source_name='source_name') -%}
    case
        when {{ id }} is null then '-1'
        else md5(concat_ws('|', {{ source_name }}, {{ entity }}, {{ id }}))
    end
{%- endmacro %}
