{% macro changed_entities(changes) %}
    select distinct changes.document_id as {{ model.config.unique_key }}
    from {{ changes }} as changes
    where
        changes.document_type
        in ('{{ model.config.meta.follows.documents | join("', '") }}')
        and changes._loaded_at > coalesce(
            (
                select watermarks.loaded_until
                from ops.watermarks as watermarks
                where
                    watermarks.relation_name
                    = '{{ this.schema }}.{{ this.identifier }}'
                    and watermarks.source_name = '{{ model.fqn[2] }}'
            ),
            timestamp '1900-01-01'
        )
{% endmacro %}
