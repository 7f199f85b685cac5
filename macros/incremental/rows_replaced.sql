{% macro rows_replaced() %}
    {%- set key = key_columns(model) %}
    select held.rowid
    from {{ this }} as held
    inner join {{ groups_relation() }} as groups
        on
        {%- for column in key %}
            {{ 'and ' if not loop.first }}held.{{ column }}
            {{- ' >= ' if loop.last and model.config.meta.cumulative else ' = ' -}}
            groups.{{ column }}
        {%- endfor %}
    {#- No change names a row without a key: all of them are replaced. -#}
    {%- for column in key %}
    union all
    select rowid from {{ this }} where {{ column }} is null
    {%- endfor -%}
{%- endmacro %}
