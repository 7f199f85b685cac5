{% macro is_delivered_whole(source_name, table_name) %}
    {%- for table in (graph.sources or {}).values() -%}
        {%- if table.source_name == source_name and table.name == table_name -%}
            {%- set landing = table.config.meta.landing or {} -%}
            {%- do return(landing.delivery is defined) -%}
        {%- endif -%}
    {%- endfor -%}
    {#- A unit test knows no declarations: its rows of ops.loads tell. -#}
    {%- do return(true) -%}
{% endmacro %}
