{% macro deliveries(source_name, table_name, document_type, document_id) %}
    select
        '{{ document_type }}' as document_type,
        {{ document_id }} as document_id,
        cast(null as timestamp) as changed_from,
        _loaded_at
    from {{ source(source_name, table_name) }}
    union all
    select
        '{{ document_type }}' as document_type,
        delivered.{{ document_id }} as document_id,
        cast(null as timestamp) as changed_from,
        files.loaded_at as _loaded_at
    from {{ source(source_name, table_name) }} as delivered
    inner join (
        {{ replaced_files(source_name, table_name) }}
    ) as files
        on delivered._source_file = files.source_file
{% endmacro %}
