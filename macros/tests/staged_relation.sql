{% macro staged_relation(source_name, entity) %}
    {%- set node = graph.nodes[
        'model.storehouse.stg_' ~ source_name ~ '__' ~ entity
    ] -%}
    {%- do return(api.Relation.create(
        database=node.database, schema=node.schema, identifier=node.alias
    )) -%}
{% endmacro %}
