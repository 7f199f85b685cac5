{% macro note_changes(rows_after) %}
    {%- set columns = model.config.meta.logs | join(', ') %}
    insert into changes.{{ model.name }} by name
    with rows_after as (
        select {{ columns }}
        from {{ rows_after }}
    ),

    remembered as (
        select * exclude (row_id) from rows_before
    ),

    differing as (
        (
            select * from remembered
            except all
            select * from rows_after
        )
        union all
        (
            select * from rows_after
            except all
            select * from remembered
        )
    )

    select
        differing.*,
        change_logs.stands_at as sequence
    from differing
    cross join ops.change_logs
    where change_logs.model_name = '{{ model.name }}'
{% endmacro %}
