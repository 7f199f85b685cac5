{% macro missing_columns(provided, united) %}
    {%- set missing = [] -%}
    {%- for column in united.columns.values() -%}
        {%- if column.name not in provided + ['source_name']
            and not column.config.meta.optional -%}
            {%- do missing.append(column.name) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(missing if provided else []) -%}
{% endmacro %}
