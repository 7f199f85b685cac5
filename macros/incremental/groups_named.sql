{% macro groups_named(way, feed, read_until) %}
    {%- set key = key_columns(model) -%}
    {%- set own = way.columns.keys() | list -%}
    {%- set changes = changed_values(way, feed, read_until) -%}
    {%- if own | sort == key | sort and not way.since -%}
        select
            {%- for column in key %}
            c{{ own.index(column) }} as {{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
        from ({{ changes }})
    {%- else -%}
        {%- set through = input_through(own[0]) -%}
        {%- set held_key = way_through(model, through).columns if through else {} -%}
        select
            {%- for column in key %}
            {{ held_key.get(column, column) }} as {{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ ref(through) if through else this }} as held
        inner join ({{ changes }}) as changes
            on
            {%- for column in own %}
                {{ 'and ' if not loop.first }}{{ column[through | length + 1:] if through else column }}
                {{- ' >= ' if column in way.since else ' = ' -}}
                changes.c{{ loop.index0 }}
            {%- endfor %}
    {%- endif -%}
{% endmacro %}
