{% macro may_test_changes_only(columns, parent=none, field=none) %}
    {%- if not execute or var('test_all_rows') or target.type != 'duckdb' -%}
        {%- do return(false) -%}
    {%- endif -%}
    {%- set tested = graph.nodes.get(model.attached_node) -%}
    {%- set read = {} -%}
    {%- if tested -%}
        {%- do read.update({tested.name: columns}) -%}
    {%- endif -%}
    {%- if parent -%}
        {%- do read.update({parent: read.get(parent, []) + [field]}) -%}
    {%- endif -%}
    {%- for id in model.depends_on.nodes -%}
        {%- set node = graph.nodes.get(id) -%}
        {%- set logged = node.config.meta.logs or [] if node else [] -%}
        {%- for column in (read.get(node.name, []) if node else [none]) -%}
            {%- if column not in logged -%}
                {%- do return(false) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- do return(not is_behind_change_logs(read.keys() | list)) -%}
{% endmacro %}
