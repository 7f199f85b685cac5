{% macro change_feed_reader(node) %}
    {#- A test that looks at other rows than before is another reader. -#}
    {%- do return(
        node.unique_id
        ~ (' where ' ~ local_md5(node.config.where) if node.config.where else '')
    ) -%}
{% endmacro %}
