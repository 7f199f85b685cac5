{% macro changed_documents(this, document_key, changes) %}
    with seen as (
        select
            source_name,
            max(_loaded_at) as _loaded_at
        from {{ this }}
        group by source_name
    ),

    changed as (
        select distinct {{ surrogate_key(
            'changes.document_type', 'changes.document_id',
            'changes.source_name'
        ) }} as changed_key
        from {{ changes }} as changes
        left join seen
            on changes.source_name = seen.source_name
        where seen._loaded_at is null or changes._loaded_at > seen._loaded_at
    )

    select changed_key as document_key
    from changed
    union
    select {{ document_key }} as document_key
    from {{ this }}
    where
        order_key in (select changed_key from changed)
        or product_key in (select changed_key from changed)
{% endmacro %}
