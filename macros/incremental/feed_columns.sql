{% macro feed_columns(name) %}
    {#- What followers and tests name of each model is found once a run. -#}
    {%- if 'feed_columns' not in graph -%}
        {%- set found = {} -%}
        {%- for node in graph.nodes.values() -%}
            {%- if node.resource_type == 'model' and node.config.meta.follows -%}
                {%- for way in follow_ways(node) -%}
                    {%- for feed in way_feeds(way) if not feed.source -%}
                        {%- do found.setdefault(feed.name, []).extend(feed.columns + feed.of) -%}
                    {%- endfor -%}
                {%- endfor -%}
            {%- elif node.resource_type == 'test' and node.test_metadata -%}
                {%- for tested, columns in columns_tested(node).items() -%}
                    {%- do found.setdefault(tested, []).extend(columns) -%}
                {%- endfor -%}
            {%- endif -%}
        {%- endfor -%}
        {%- do graph.update({'feed_columns': found}) -%}
    {%- endif -%}
    {%- set columns = {} -%}
    {%- for column in graph.feed_columns.get(name, []) | unique | sort
        if not column.startswith("'") -%}
        {%- do columns.update({column: feed_column(column)}) -%}
    {%- endfor -%}
    {%- do return(columns) -%}
{% endmacro %}
