{% macro only_changed_groups(key) %}
    {%- if replaces_changes() -%}
    where
        ({{ key }}) in (
            select changed_documents.* from changed_documents
        )
    {%- endif -%}
{% endmacro %}
