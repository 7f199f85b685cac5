{% macro note_changes(rows_after) %}
    {%- set columns = model.config.meta.logs | join(', ') %}
    insert into changes.{{ model.name }} by name
    with counted as (
        select
            {{ columns }},
            -1 as rows_count
        from rows_before
        union all
        select
            {{ columns }},
            1 as rows_count
        from {{ rows_after }}
    ),

    differing as (
        select {{ columns }}
        from counted
        group by {{ columns }}
        having sum(rows_count) <> 0
    )

    select
        differing.*,
        change_logs.stands_at as sequence
    from differing
    cross join ops.change_logs
    where change_logs.model_name = '{{ model.name }}'
{% endmacro %}
