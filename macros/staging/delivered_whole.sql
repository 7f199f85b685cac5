{% macro delivered_whole(source_name, table_name) -%}
    exists (
        select 1
        from {{ source('ops', 'loads') }}
        where
            source = '{{ source_name }}'
            and table_name = '{{ table_name }}'
            and delivery is not null
    )
{%- endmacro %}
