{% macro groups_named(node, way, changes) %}
    {%- set key = key_columns(node) -%}
    {%- set own = way.columns.keys() | list -%}
    {%- if own | sort == key | sort and not way.since -%}
        select
            {%- for column in key %}
            c{{ own.index(column) }} as {{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
        from ({{ changes }})
    {%- else -%}
        {%- set through = input_through(own[0]) -%}
        {%- set held_key = way_through(node, through).columns if through else {} -%}
        select
            {%- for column in key %}
            {{ held_key.get(column, column) }} as {{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ (graph.nodes[inputs_named(node)[through]] if through else node).relation_name }} as held
        inner join ({{ changes }}) as changes
            on
            {%- for column in own %}
                {{ 'and ' if not loop.first }}{{ column[through | length + 1:] if through else column }}
                {{- ' >= ' if column in way.since else ' = ' -}}
                changes.c{{ loop.index0 }}
            {%- endfor %}
    {%- endif -%}
{% endmacro %}
