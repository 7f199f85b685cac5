{% macro in_groups() %}
    {#- Rows outside the changed groups stand already; those without a key are all replaced. -#}
    {%- set key = key_columns(model) -%}
    {%- set named = key[:-1] if model.config.meta.cumulative else key -%}
    ({{ named | join(', ') }}) in (select {{ named | join(', ') }} from {{ groups_relation() }})
    or {{ key | join(' is null or ') }} is null
{%- endmacro %}
