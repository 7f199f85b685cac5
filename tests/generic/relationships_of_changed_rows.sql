{% test relationships_of_changed_rows(model, column_name, to, field) %}
    with child as (
        select {{ column_name }} as from_field
        from {{ model }}
        where {{ column_name }} is not null
    ),

    parent as (
        select {{ field }} as to_field
        from {{ to }}
        where {{ field }} is not null
    ),

    missing as (
        {{ missing_keys(column_name, to.identifier, field) }}
    )

    select from_field from missing
{% endtest %}
