{% macro replaces_changes() %}
    {#- dbt also compiles models without running what stands before them. -#}
    {%- do return(
        is_incremental() and flags.WHICH not in ['compile', 'generate', 'show']
    ) -%}
{% endmacro %}
