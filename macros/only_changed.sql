{% macro only_changed(key) %}
    {%- set changes = ref('int_changes_united') -%}
    {%- if is_incremental() -%}
    where
        ({{ key }}) in (
            select changed_documents.* from changed_documents
        )
    {%- endif -%}
{% endmacro %}
