{% macro current_rows(source_name, table_name) %}
    select *
    from {{ source(source_name, table_name) }}
    where (_source_file, _loaded_at) in (
        {{ current_files(source_name, table_name) }}
    )
{% endmacro %}
