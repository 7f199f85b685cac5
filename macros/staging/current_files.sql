{% macro current_files(source_name, table_name) %}
    select
        source_file,
        loaded_at
    from (
        {{ landed_files(source_name, table_name) }}
    ) as files
    qualify delivery is not distinct from max(delivery) over ()
{% endmacro %}
