{% test unique_together(model, columns) %}
    select
        {{ columns | join(', ') }},
        count(*) as row_count
    from {{ untested_rows(model, columns) }}
    group by {{ columns | join(', ') }}
    having count(*) > 1
{% endtest %}
