{% macro columns_tested(node) %}
    {#- By model the columns that a test of changed rows reads. -#}
    {%- set tested = graph.nodes.get(node.attached_node) -%}
    {%- set said = node.test_metadata -%}
    {%- if not tested or not said or 'changed_rows' not in said.name -%}
        {%- do return({}) -%}
    {%- endif -%}
    {%- set own = said.kwargs.combination_of_columns or [said.kwargs.column_name] -%}
    {%- set columns = {tested.name: own} -%}
    {%- if said.kwargs.field -%}
        {%- for id in node.depends_on.nodes if id in graph.nodes -%}
            {%- set named = graph.nodes[id].name -%}
            {%- if "'" ~ named ~ "'" in said.kwargs.to -%}
                {%- do columns.update({named: columns.get(named, []) + [said.kwargs.field]}) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {%- do return(columns) -%}
{% endmacro %}
