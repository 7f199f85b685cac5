{% macro create_change_log() %}
    create table if not exists changes.{{ model.name }} as
    select
        {{ model.config.meta.logs | join(', ') }},
        cast(0 as bigint) as sequence
    from {{ this }}
    limit 0
{% endmacro %}
