{% macro only_changed_groups(key) %}
    {%- if is_incremental() -%}
    where
        ({{ key }}) in (
            select changed_documents.* from changed_documents
        )
    {%- endif -%}
{% endmacro %}
