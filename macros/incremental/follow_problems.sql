{% macro follow_problems(node) %}
    {%- set problems = [] -%}
    {%- set follows = node.config.meta.follows or {} -%}
    {%- set inputs = inputs_named(node) -%}
    {%- for name in (inputs if follows else {}) if name not in follows -%}
        {%- do problems.append(node.name ~ ' reads ' ~ name ~ ' and does not follow it') -%}
    {%- endfor -%}
    {%- for name in follows if name not in inputs -%}
        {%- do problems.append(node.name ~ ' follows ' ~ name ~ ' and does not read it') -%}
    {%- endfor -%}
    {%- if follows and not node.config.unique_key -%}
        {%- do problems.append(node.name ~ ' follows inputs and has no unique_key') -%}
    {%- endif -%}
    {%- for way in follow_ways(node) if way.input -%}
        {%- set columns = way.columns.values() | list -%}
        {%- for column in way.columns if '.' in column
            and not way_through(node, column.split('.')[0]) -%}
            {%- do problems.append(
                node.name ~ ' follows ' ~ way.name ~ ' through ' ~ column
                ~ ', and does not follow that by its unique_key'
            ) -%}
        {%- endfor -%}
        {%- set feeds = change_feeds(way.input, columns) -%}
        {%- if way.input in graph.nodes and graph.nodes[way.input].config.materialized
            not in ['view', 'replace_by_key'] -%}
            {%- do problems.append(
                node.name ~ ' follows ' ~ way.name ~ ', which has no change feed'
            ) -%}
        {%- endif -%}
        {%- for feed in feeds -%}
            {%- set there = feed.source
                or graph.nodes['model.' ~ node.package_name ~ '.' ~ feed.name] -%}
            {#- Only what has a contract lists all its columns. -#}
            {%- for column in feed.columns if (feed.source or there.config.contract.enforced)
                and modules.re.fullmatch('[a-z]\\w*', column)
                and column not in there.columns and column not in var('technical_columns') -%}
                {%- do problems.append(
                    node.name ~ ' follows ' ~ way.name ~ ' by ' ~ column
                    ~ ', which ' ~ there.name ~ ' does not have'
                ) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- do return(problems) -%}
{% endmacro %}
