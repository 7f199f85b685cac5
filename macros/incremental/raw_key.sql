{% macro raw_key(table) %}
    {#- The columns of a raw table that name the model's groups, if it follows it so. -#}
    {%- for way in (follow_ways(model) if execute
        and model.config.materialized == 'replace_by_key' else []) if way.name == table -%}
        {%- if way.columns.keys() | sort == key_columns(model) | sort -%}
            {%- set columns = [] -%}
            {%- for column in key_columns(model) -%}
                {%- do columns.append(way.columns[column]) -%}
            {%- endfor -%}
            {%- do return(columns) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return([]) -%}
{% endmacro %}
