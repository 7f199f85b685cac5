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
        {%- set other = node.depends_on.nodes | reject('equalto', node.attached_node) | first -%}
        {%- set parent = graph.nodes[other].name if other else tested.name -%}
        {%- do columns.update({parent: columns.get(parent, []) + [said.kwargs.field]}) -%}
    {%- endif -%}
    {%- do return(columns) -%}
{% endmacro %}
