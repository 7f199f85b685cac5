{% macro replaced_files(source_name, table_name) %}
    {{ current_files(source_name, table_name) }}
    having count(*) > 1
{% endmacro %}
