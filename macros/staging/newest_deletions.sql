{% macro newest_deletions(source_name) %}
    with source as (
        {{ current_rows(source_name, 'deletions') }}
    ),

    renamed as (
        select
            entity,
            entity_id,

            {{ as_moment('deleted_at') }} as deleted_at,

            _batch_id,
            _loaded_at,
            _source_file,
            _row_number
        from source
    ),

    newest as (
        select * exclude (_row_number)
        from renamed
        qualify row_number() over (
            partition by entity, entity_id
            order by
                deleted_at desc,
                _loaded_at desc,
                _source_file desc,
                _row_number desc
        ) = 1
    )

    select * from newest
{% endmacro %}
