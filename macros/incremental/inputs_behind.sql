{% macro inputs_behind(node) %}
    {#- What a model reads: views, and through them tables, sources and seeds. -#}
    {%- set behind = {'views': [], 'tables': [], 'seeds': [], 'declared': []} -%}
    {%- set reached = node.depends_on.nodes | list -%}
    {#- The list grows while it is read. -#}
    {%- for id in reached -%}
        {%- set input = graph.nodes.get(id) -%}
        {%- if not input -%}
            {%- do behind.declared.append(
                is_delivered_whole(graph.sources[id].source_name, graph.sources[id].name)
            ) -%}
        {%- elif input.resource_type == 'seed' -%}
            {%- do behind.seeds.append(input.schema ~ '.' ~ input.alias) -%}
        {%- elif input.config.materialized == 'view' -%}
            {%- do behind.views.append(input.schema ~ '.' ~ input.alias) -%}
            {%- do behind.declared.append(input.config.meta.follows or {}) -%}
            {%- do reached.extend(input.depends_on.nodes | reject('in', reached) | list) -%}
        {%- else -%}
            {%- do behind.tables.append(input.name) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(behind) -%}
{% endmacro %}
