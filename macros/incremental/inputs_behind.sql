{% macro inputs_behind(node) %}
    {#- What a model reads: views, and through them tables, sources and seeds. -#}
    {%- set behind = {'views': [], 'tables': [], 'seeds': []} -%}
    {%- set reached = node.depends_on.nodes | list -%}
    {#- The list grows while it is read. -#}
    {%- for id in reached if id in graph.nodes -%}
        {%- set input = graph.nodes[id] -%}
        {%- if input.resource_type == 'seed' -%}
            {%- do behind.seeds.append(input.schema ~ '.' ~ input.alias) -%}
        {%- elif input.config.materialized == 'view' -%}
            {%- do behind.views.append(input.schema ~ '.' ~ input.alias) -%}
            {%- do reached.extend(input.depends_on.nodes | reject('in', reached) | list) -%}
        {%- else -%}
            {%- do behind.tables.append(input.name) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(behind) -%}
{% endmacro %}
