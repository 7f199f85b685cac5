{% macro inputs_named(node) %}
    {#- By the name that meta.follows has for it; seeds and ops say themselves what changed. -#}
    {%- set inputs = {} -%}
    {%- for id in node.depends_on.nodes if not id.startswith('seed.') -%}
        {%- set source = graph.sources.get(id) -%}
        {%- if not source -%}
            {%- do inputs.update({graph.nodes[id].name: id}) -%}
        {%- elif source.source_name != 'ops' -%}
            {%- do inputs.update({source.source_name ~ '.' ~ source.name: id}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(inputs) -%}
{% endmacro %}
