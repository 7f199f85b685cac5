{% macro tested_model() %}
    {%- set tested = graph.nodes.get(model.attached_node) if execute -%}
    {%- do return(tested.name if tested else '') -%}
{% endmacro %}
