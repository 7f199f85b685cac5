{% macro should_full_refresh() %}
    {%- do return(dbt.should_full_refresh() or holds_other_settings()) -%}
{% endmacro %}
