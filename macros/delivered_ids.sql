{% macro delivered_ids() %}
    {%- set source_name = model.fqn[2] -%}
    select changes.document_id
    from {{ ref('stg_' ~ source_name ~ '__changes') }} as changes
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
                    and watermarks.source_name = '{{ source_name }}'
            ),
            timestamp '1900-01-01'
        )
{% endmacro %}
