{% macro replaced_files(source_name, table_name) %}
    select
        source_file,
        max(loaded_at) as loaded_at
    from {{ source('ops', 'loads') }}
    where
        source = '{{ source_name }}'
        and table_name = '{{ table_name }}'
        and status = 'loaded'
    group by source_file
    having
        count(*) > 1
        and count(delivery) = 0
{% endmacro %}
