{% macro untested_rows(rows, columns) %}
    {%- if may_test_changes_only() -%}
    (
        select * from {{ rows }}
        where
            ({{ columns | join(', ') }}) in (
                select {{ columns | join(', ') }}
                from {{ unread_changes(tested_model()) }}
            )
        {%- if columns | length > 1 %}
        union all
        select * from {{ rows }}
        where {{ columns | join(' is null or ') }} is null
        {%- endif %}
    ) as untested
    {%- else -%}
    {{ rows }}
    {%- endif -%}
{% endmacro %}
