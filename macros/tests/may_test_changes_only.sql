{% macro may_test_changes_only(columns, parent=none, field=none) %}
    {%- if not execute or var('test_all_rows') -%}
        {%- do return(false) -%}
    {%- endif -%}
    {%- set read = {tested_model(): columns} -%}
    {%- if parent -%}
        {%- do read.update({parent: read.get(parent, []) + [field]}) -%}
    {%- endif -%}
    {%- for id in model.depends_on.nodes -%}
        {%- set node = graph.nodes.get(id) -%}
        {%- set logged = node.config.meta.logs or [] if node else [] -%}
        {%- if not node or read.get(node.name, []) | reject('in', logged) | list -%}
            {%- do return(false) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(not is_behind_change_logs(read.keys() | list)) -%}
{% endmacro %}
