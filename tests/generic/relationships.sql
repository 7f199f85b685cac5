{% test relationships(model, column_name, to, field) %}
    {%- if may_test_changes_only([column_name], to.identifier, field) %}
    -- Only what came to the rows, or went from those that they name, can be wrong.
    with suspects as (
        select {{ column_name }} as found from {{ unread_changes(tested_model()) }}
        union
        select {{ field }} as found from {{ unread_changes(to.identifier) }}
    ),

    missing as (
        select found from suspects
        except
        select {{ field }} as found
        from {{ to }}
        where {{ field }} in (select suspects.found from suspects)
    )

    select {{ column_name }} as from_field
    from {{ model }}
    where {{ column_name }} in (select missing.found from missing)
    {%- else %}
    {{ dbt.default__test_relationships(model, column_name, to, field) }}
    {%- endif %}
{% endtest %}
