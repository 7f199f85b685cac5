{% macro name_groups_for_live() %}
    {%- set rows = [] -%}
    {%- for node in graph.nodes.values() if node.config.materialized == 'replace_by_key'
        and node.config.meta.follows -%}
        {%- for way in follow_ways(node) -%}
            {%- for feed in way_feeds(way) if feed.is_there -%}
                {%- set name = feed.source.schema ~ '__' ~ feed.source.identifier
                    if feed.source else feed.name -%}
                {%- set selected = [] -%}
                {%- for column in feed.columns -%}
                    {%- do selected.append(column ~ ' as c' ~ loop.index0) -%}
                {%- endfor -%}
                {%- set groups = groups_named(
                    node, way, 'select distinct ' ~ selected | join(', ') ~ ' from changes.' ~ name
                ) -%}
                {%- do rows.append(
                    [node.name, name, groups | replace("'", "''")] | join("', '")
                ) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- do run_query(
        'create or replace table ops.live_ways as'
        ~ ' select model_name, feed_name, groups_sql'
        ~ " from (values ('" ~ rows | join("'), ('") ~ "'))"
        ~ ' as ways (model_name, feed_name, groups_sql)'
    ) -%}
{% endmacro %}
