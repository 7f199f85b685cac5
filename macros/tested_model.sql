{% macro tested_model() %}
    {%- do return(graph.nodes[model.attached_node].name if execute else '') -%}
{% endmacro %}
