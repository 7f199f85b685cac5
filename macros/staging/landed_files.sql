{% macro landed_files(source_name, table_name) %}
    select
        source_file,
        loaded_at,
        delivery
    from (
        select *
        from {{ source('ops', 'loads') }}
        where
            source = '{{ source_name }}'
            and table_name = '{{ table_name }}'
            and status = 'loaded'
        qualify
            row_number() over (
                partition by source_file order by loaded_at desc
            ) = 1
    ) as newest
    qualify
        row_number() over (
            partition by delivery, coalesce(sha256, source_file)
            order by source_file
        ) = 1
{% endmacro %}
