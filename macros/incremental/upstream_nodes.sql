{% macro upstream_nodes(unique_id) %}
    {%- set found = [unique_id] -%}
    {#- The list grows while it is read. -#}
    {%- for id in found -%}
        {%- set node = graph.nodes[id] if id in graph.nodes else {} -%}
        {%- for above in (node.depends_on or {}).nodes or []
            if above not in found -%}
            {%- do found.append(above) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- do return(found) -%}
{% endmacro %}
