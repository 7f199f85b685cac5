{% macro newest_version(key) -%}
    ({{ key | replace(',', ' is null or ') }} is null
    or row_number() over (
        partition by {{ key }}
        order by
            coalesce(updated_at, _loaded_at) desc,
            _loaded_at desc,
            _source_file desc,
            _row_number desc
    ) = 1)
{%- endmacro %}
