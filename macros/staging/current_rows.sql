{% macro current_rows(source_name, table_name) %}
    {%- set columns = raw_key(source_name ~ '.' ~ table_name) %}
    select *
    from {{ source(source_name, table_name) }}
    where
        (_source_file, _loaded_at) in (
            {{ current_files(source_name, table_name) }}
        )
    {%- if columns %}
        and {{ in_changed_groups(columns | join(', '), or_without_key=false) }}
    -- No change names a row without a key: all of them are read again.
    union all
    select *
    from {{ source(source_name, table_name) }}
    where
        (_source_file, _loaded_at) in (
            {{ current_files(source_name, table_name) }}
        )
        and ({{ columns | join(' is null or ') }} is null)
        and {{ where_replaced('true', 'false') }}
    {%- endif %}
{% endmacro %}
