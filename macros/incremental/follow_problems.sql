{% macro follow_problems(node) %}
    {%- set problems = [] -%}
    {%- set follows = node.config.meta.follows or {} -%}
    {%- set inputs = inputs_named(node) -%}
    {%- for name in (inputs if follows else {}) if name not in follows -%}
        {%- do problems.append('reads ' ~ name ~ ' but does not follow it') -%}
    {%- endfor -%}
    {%- for name in follows if name not in inputs -%}
        {%- do problems.append('follows ' ~ name ~ ' but does not read it') -%}
    {%- endfor -%}
    {%- if follows and not node.config.unique_key -%}
        {%- do problems.append('follows inputs but has no unique_key') -%}
    {%- endif -%}
    {%- for way in follow_ways(node) if way.input -%}
        {%- set through = input_through(way.columns.keys() | first) -%}
        {%- for own in way.columns if input_through(own) != through
            or (through and not way_through(node, through)) -%}
            {%- do problems.append(
                'follows ' ~ way.name ~ ' through ' ~ own
                ~ ', but does not follow that input by its whole unique_key'
            ) -%}
        {%- endfor -%}
        {%- for own in lacking_columns(node, way.columns if not through else []) -%}
            {%- do problems.append(
                'follows ' ~ way.name ~ ' by its own column ' ~ own ~ ', which it does not have'
            ) -%}
        {%- endfor -%}
        {%- for feed in way_feeds(way) -%}
            {%- set there = feed.source
                or graph.nodes.get('model.' ~ node.package_name ~ '.' ~ feed.name) -%}
            {%- if not feed.is_there -%}
                {%- do problems.append(
                    'follows ' ~ way.name ~ ', but ' ~ feed.name
                    ~ ' is neither a raw table nor materialized as replace_by_key'
                ) -%}
            {%- endif -%}
            {%- for column in lacking_columns(there, feed.columns + feed.of) -%}
                {%- do problems.append(
                    'follows ' ~ way.name ~ ' by column ' ~ column ~ ', which ' ~ there.name
                    ~ ' does not have'
                ) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set sentences = [] -%}
    {%- for problem in problems -%}
        {%- do sentences.append(node.name ~ ' ' ~ problem) -%}
    {%- endfor -%}
    {%- do return(sentences) -%}
{% endmacro %}
