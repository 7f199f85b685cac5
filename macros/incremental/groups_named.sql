{% macro groups_named(way, feed, key, ways, read_until) %}
    {%- set own = way.columns.keys() | list -%}
    {%- set changes = changed_values(way, feed, read_until) -%}
    {%- if own | sort == key | sort -%}
        select
            {%- for column in key %}
            c{{ own.index(column) }} as {{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
        from ({{ changes }})
    {%- else -%}
        {%- set held = {'relation': this, 'key': key} -%}
        {%- set matched = [] -%}
        {%- for column in own -%}
            {%- set name = column.split('.') -%}
            {%- if name | length > 1 -%}
                {%- for other in ways if other.name == name[0]
                    and other.columns | list | sort == key | sort -%}
                    {%- set through = [] -%}
                    {%- for part in key -%}
                        {%- do through.append(other.columns[part]) -%}
                    {%- endfor -%}
                    {%- do held.update({'relation': ref(name[0]), 'key': through}) -%}
                {%- endfor -%}
            {%- endif -%}
            {%- do matched.append(
                'held.' ~ name | last if modules.re.fullmatch('\\w+', name | last)
                else name | last
            ) -%}
        {%- endfor -%}
        select
            {%- for column in key %}
            {{ held.key[loop.index0] }} as {{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ held.relation }} as held
        inner join ({{ changes }}) as changes
            on
            {%- for column in matched %}
                {{ 'and ' if not loop.first }}{{ column }}
                {{- ' >= ' if way.columns[own[loop.index0]].startswith('since ') else ' = ' -}}
                changes.c{{ loop.index0 }}
            {%- endfor %}
    {%- endif -%}
{% endmacro %}
