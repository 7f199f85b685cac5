{% macro not_deleted(source_name, entity, entity_id, updated_at) -%}
    not exists (
        select 1
        from {{ ref('stg_' ~ source_name ~ '__deletions') }} as deletions
        where
            deletions.entity = '{{ entity }}'
            and deletions.entity_id = {{ entity_id }}
            and deletions.deleted_at >= {{ updated_at }}
    )
{%- endmacro %}
