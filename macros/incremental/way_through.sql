{% macro way_through(node, name) %}
    {%- set key = key_columns(node) -%}
    {%- for way in follow_ways(node) if way.name == name and not way.since
        and way.columns | list | sort == key | sort -%}
        {%- do return(way) -%}
    {%- endfor -%}
{% endmacro %}
