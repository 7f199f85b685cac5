{% macro columns_not_there(node) %}
    {%- set problems = [] -%}
    {%- for way in follow_ways(node) if way.input -%}
        {%- set feeds = change_feeds(way.input, way.columns.values() | list) -%}
        {%- if not feeds -%}
            {%- do problems.append(
                node.name ~ ' follows ' ~ way.name ~ ', which has no change feed'
            ) -%}
        {%- endif -%}
        {%- for feed in feeds -%}
            {%- set there = feed.source or graph.nodes['model.' ~ project_name ~ '.' ~ feed.name] -%}
            {%- for column in feed.columns
                if modules.re.fullmatch('\\w+', column) and there.columns
                and column not in there.columns and column not in var('technical_columns') -%}
                {%- do problems.append(
                    node.name ~ ' follows ' ~ way.name ~ ' by ' ~ column ~ ', which '
                    ~ there.name ~ ' does not have'
                ) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- do return(problems) -%}
{% endmacro %}
