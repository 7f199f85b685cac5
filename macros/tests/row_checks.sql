{% macro row_checks(source_name, entity, staged, key, united) %}
    {%- set checks = [] -%}
    {%- set listed = var('shops')[source_name].entities -%}
    {%- set columns = key | join(', ') -%}
    {%- set repeated -%}
        (
            select
                concat_ws(' ', {{ columns }}) as key_text,
                count(*) as times
            from {{ staged }}
            where {{ key | join(' is not null and ') }} is not null
            group by {{ columns }}
            having count(*) > 1
        )
    {%- endset -%}
    {%- do checks.append((
        'several rows have one ' ~ key | join(' and '),
        offending_rows(
            repeated, "key_text || ' (' || times || ' rows)'", 'true'
        )
    )) -%}
    {%- for column in united.columns.values() if column.config.meta.head in listed -%}
        {%- set head = column.config.meta.head -%}
        {%- set heads = staged_relation(source_name, head) -%}
        {%- do checks.append((
            column.name ~ ' names no row of ' ~ heads.identifier,
            offending_rows(
                staged, column.name,
                column.name ~ ' not in (select ' ~ column.name ~ ' from ' ~ heads
                ~ ' where ' ~ column.name ~ ' is not null)'
            )
        )) -%}
    {%- endfor -%}
    {%- do return(checks) -%}
{% endmacro %}
