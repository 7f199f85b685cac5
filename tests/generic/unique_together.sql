{% test unique_together(model, columns) %}
    select
        {{ columns | join(', ') }},
        count(*) as row_count
    from {{ model }}
    where
        ({{ columns | join(' is not null or ') }} is not null)
        {%- if may_test_changes_only(columns) %}
        and ({{ columns | join(', ') }}) in (
            select ({{ columns | join(', ') }})
            from {{ unread_changes(tested_model()) }}
        )
        {%- endif %}
    group by {{ columns | join(', ') }}
    having count(*) > 1
{% endtest %}
