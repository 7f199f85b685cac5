{% macro only_changed(key) %}
    {%- set changes = ref('int_changes_united') -%}
    {{- only_changed_groups(key) -}}
{% endmacro %}
