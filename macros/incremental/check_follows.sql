{% macro check_follows() %}
    {%- set problems = [] -%}
    {%- for node in (graph.nodes.values() if execute else [])
        if node.config.materialized == 'replace_by_key' -%}
        {%- do problems.extend(follow_problems(node)) -%}
    {%- endfor -%}
    {%- if problems -%}
        {%- do exceptions.raise_compiler_error(
            'meta.follows is wrong or incomplete in the yml of these models. Declare by which'
            ~ ' columns each input is followed, or never: reason (see docs/incremental.md).\n- '
            ~ problems | join('\n- ')
        ) -%}
    {%- endif -%}
{% endmacro %}
