with deletions as (
    select * from {{ ref('int_deletions_united') }}
    where deleted_at is not null
),

rpt_deletions as (
    select
        source_name,
        entity as document_type,
        entity_id as document_id,
        _batch_id as batch_id,

        _source_file as source_file,

        deleted_at,
        _loaded_at as loaded_at
    from deletions
)

select * from rpt_deletions
