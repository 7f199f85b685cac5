{% macro watermarks_upstream(nodes) %}
    {%- set found = {'sources': [], 'models': [], 'views': []} -%}
    {%- for id in nodes -%}
        {%- if id in graph.sources -%}
            {%- do found.sources.append(graph.sources[id].source_name) -%}
        {%- elif id in graph.nodes
            and graph.nodes[id].resource_type in ['model', 'snapshot'] -%}
            {%- set node = graph.nodes[id] -%}
            {%- if node.config.materialized in ['table', 'incremental', 'snapshot'] -%}
                {%- do found.models.append(node.schema ~ '.' ~ node.alias) -%}
            {%- else -%}
                {%- set beyond = watermarks_upstream(node.depends_on.nodes) -%}
                {%- do found.sources.extend(beyond.sources) -%}
                {%- do found.models.extend(beyond.models) -%}
                {%- do found.views.extend(beyond.views) -%}
                {%- if node.fqn[1] == 'intermediate' -%}
                    {%- do found.views.append(node.schema ~ '.' ~ node.alias) -%}
                {%- endif -%}
            {%- endif -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return({
        'sources': found.sources | reject('equalto', 'ops') | unique | list,
        'models': found.models | unique | list,
        'views': found.views | unique | list,
    }) -%}
{% endmacro %}
