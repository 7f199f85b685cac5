{% macro newest_version(key) -%}
    ({{ key | replace(',', ' is null or ') }} is null
    or row_number() over (
        partition by {{ key }}
        order by
            updated_at desc nulls first,
            _loaded_at desc,
            _source_file desc,
            _row_number desc
    ) = 1)
{%- endmacro %}
