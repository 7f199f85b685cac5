{% macro end_feed() %}
    {#- Who read it before is behind, should it begin anew. -#}
    drop table if exists changes.{{ model.name }};
    update ops.change_feeds
    set
        began_at = stands_at + 1,
        stands_at = stands_at + 1
    where feed_name = '{{ model.name }}';
{% endmacro %}
