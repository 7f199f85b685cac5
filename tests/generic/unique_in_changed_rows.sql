{% test unique_in_changed_rows(model, column_name) %}
    select
        {{ column_name }} as unique_field,
        count(*) as row_count
    from {{ untested_rows(model, [column_name]) }}
    where {{ column_name }} is not null
    group by {{ column_name }}
    having count(*) > 1
{% endtest %}
