{% macro deleted_versions(source_name, entity, entity_id, versions) %}
    select
        {{ versions }}.* replace (
            deletions.deleted_at as updated_at,
            true as is_deleted,
            greatest({{ versions }}._loaded_at, deletions._loaded_at)
                as _loaded_at
        )
    from {{ versions }}
    inner join {{ ref('stg_' ~ source_name ~ '__deletions') }} as deletions
        on
            deletions.entity = '{{ entity }}'
            and {{ versions }}.{{ entity_id }} = deletions.entity_id
            and {{ versions }}.updated_at <= deletions.deleted_at
    qualify
        row_number() over (
            partition by {{ versions }}.{{ entity_id }}
            order by {{ versions }}.updated_at desc
        ) = 1
{% endmacro %}
