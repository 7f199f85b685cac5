{% macro known_values(entity, column) %}
    {%- set united = graph.nodes.get(
        'model.storehouse.int_' ~ entity ~ '_united'
    ) if execute -%}
    {%- do return(united.columns[column].config.meta.one_of if united else []) -%}
{% endmacro %}
