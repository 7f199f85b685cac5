{% macro current_rows(source_name, table_name) %}
    {%- set changes = ref('stg_' ~ source_name ~ '__changes') %}
    select *
    from {{ source(source_name, table_name) }}
    where
        (_source_file, _loaded_at) in (
            {{ current_files(source_name, table_name) }}
        )
        {% if is_incremental() -%}
        and {{ model.config.unique_key }} in (
            select changed_documents.{{ model.config.unique_key }}
            from changed_documents
        )
    -- No change names a row without a key: all of them are read again.
    union all
    select *
    from {{ source(source_name, table_name) }}
    where
        (_source_file, _loaded_at) in (
            {{ current_files(source_name, table_name) }}
        )
        and {{ model.config.unique_key }} is null
        {%- endif %}
{% endmacro %}
