{% macro missing_keys(column_name, parent_name, field) %}
    {%- if may_test_changes_only() -%}
    {#- Only what came to the rows, or went from those that they name, can be. -#}
    {%- set suspects -%}
        select {{ column_name }} as from_field
        from {{ unread_changes(tested_model()) }}
        union
        select {{ field }} as from_field
        from {{ unread_changes(parent_name) }}
    {%- endset -%}
    select child.from_field
    from child
    where
        child.from_field in (
            {{ suspects }}
            except
            select parent.to_field
            from parent
            where parent.to_field in ({{ suspects }})
        )
    {%- else -%}
    select child.from_field
    from child
    left join parent
        on child.from_field = parent.to_field
    where parent.to_field is null
    {%- endif -%}
{% endmacro %}
