{% macro groups_named(way, feed, read_until) %}
    {%- set key = key_columns(model) -%}
    {%- set own = way.columns.keys() | list -%}
    {%- set changes = changed_values(way, feed, read_until) -%}
    {%- if own | sort == key | sort -%}
        select
            {%- for column in key %}
            c{{ own.index(column) }} as {{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
        from ({{ changes }})
    {%- else -%}
        {%- set through = own[0].split('.')[0] if '.' in own[0] else '' -%}
        {%- set held_key = way_through(model, through).columns if through else {} -%}
        select
            {%- for column in key %}
            {{ held_key.get(column, column) }} as {{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ ref(through) if through else this }} as held
        inner join ({{ changes }}) as changes
            on
            {%- for column in own %}
                {{ 'and ' if not loop.first }}{{ column | replace(through ~ '.', '') if through else column }}
                {{- ' >= ' if way.columns[column].startswith('since ') else ' = ' -}}
                changes.c{{ loop.index0 }}
            {%- endfor %}
    {%- endif -%}
{% endmacro %}
