{% macro deliveries(relation, document_type, document_id) %}
    select
        '{{ document_type }}' as document_type,
        delivered.{{ document_id }} as document_id,
        files._loaded_at
    from {{ relation }} as delivered
    inner join (
        select
            _source_file,
            max(_loaded_at) as _loaded_at
        from {{ relation }}
        group by _source_file
    ) as files
        on delivered._source_file = files._source_file
{% endmacro %}
