{% test unique_combination_in_changed_rows(model, combination_of_columns) %}
    select
        {{ combination_of_columns | join(', ') }},
        count(*) as row_count
    from {{ untested_rows(model, combination_of_columns) }}
    group by {{ combination_of_columns | join(', ') }}
    having count(*) > 1
{% endtest %}
