{% macro check_follows() %}
    {%- set problems = [] -%}
    {%- for node in (graph.nodes.values() if execute else [])
        if node.config.materialized == 'replace_by_key' -%}
        {%- do problems.extend(follow_problems(node)) -%}
    {%- endfor -%}
    {%- if problems -%}
        {%- do exceptions.raise_compiler_error(
            'meta.follows does not say what changes these models; docs/incremental.md'
            ~ ' explains it:\n- ' ~ problems | join('\n- ')
        ) -%}
    {%- endif -%}
{% endmacro %}
