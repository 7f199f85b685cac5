{% macro check_follows() %}
    {#- Whatever a model reads, it follows, or says why it never has to. -#}
    {%- set problems = [] -%}
    {%- for node in (graph.nodes.values() if execute else [])
        if node.config.materialized == 'replace_by_key' and node.config.meta.follows -%}
        {%- set follows = node.config.meta.follows -%}
        {%- set inputs = [] -%}
        {%- for id in node.depends_on.nodes if not id.startswith('seed.') -%}
            {%- set source = graph.sources.get(id) -%}
            {%- if not source or source.source_name != 'ops' -%}
                {%- do inputs.append(
                    source.source_name ~ '.' ~ source.name if source
                    else graph.nodes[id].name
                ) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- for name in inputs if name not in follows -%}
            {%- do problems.append(
                node.name ~ ' reads ' ~ name ~ ' and does not follow it'
            ) -%}
        {%- endfor -%}
        {%- for name in follows if name not in inputs -%}
            {%- do problems.append(
                node.name ~ ' follows ' ~ name ~ ', which it does not read'
            ) -%}
        {%- endfor -%}
        {%- do problems.extend(columns_not_there(node)) -%}
    {%- endfor -%}
    {%- if problems -%}
        {%- do exceptions.raise_compiler_error(
            'meta.follows does not say what changes these models; docs/incremental.md'
            ~ ' explains it:\n- ' ~ problems | join('\n- ')
        ) -%}
    {%- endif -%}
{% endmacro %}
