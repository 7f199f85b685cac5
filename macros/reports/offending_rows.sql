{% macro offending_rows(relation, example, condition) %}
    select
        count(*) as row_count,
        array_to_string(
            min(distinct cast({{ example }} as varchar), 3), ', '
        ) as examples
    from {{ relation }} as rows_checked
    where {{ condition }}
{% endmacro %}
