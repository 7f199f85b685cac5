{% macro current_rows(relation) %}
    select *
    from {{ relation }}
    where (_source_file, _loaded_at) in (
        select
            _source_file,
            max(_loaded_at) as _loaded_at
        from {{ relation }}
        group by _source_file
    )
{% endmacro %}
