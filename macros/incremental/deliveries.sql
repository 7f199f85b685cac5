{% macro deliveries(
    source_name, table_name, document_type, document_id, ignored=[]
) %}
    {%- set may_be_whole = is_delivered_whole(source_name, table_name) %}
    select
        '{{ document_type }}' as document_type,
        {{ document_id }} as document_id,
        cast(null as timestamp) as changed_from,
        _loaded_at
    from {{ source(source_name, table_name) }}
    {%- if may_be_whole %}
    where not {{ delivered_whole(source_name, table_name) }}
    {%- endif %}
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
    {%- if may_be_whole %}
    union all
    select
        '{{ document_type }}' as document_type,
        whole.document_id,
        whole.changed_from,
        whole._loaded_at
    from (
        {{ delivery_changes(source_name, table_name, document_id, ignored) }}
    ) as whole
    {%- endif %}
{% endmacro %}
