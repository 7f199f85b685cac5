{% macro changed_values(way, feed, read_until) %}
    {#- c0, c1, …: what the feed says has changed, one column for each of the way. -#}
    {%- set selected = [] -%}
    {%- for column in feed.columns -%}
        {%- set expression = column | replace('since ', '') -%}
        {%- set read = expression if feed.source or column.startswith("'")
            else feed_column(expression) -%}
        {%- do selected.append(read ~ ' as c' ~ loop.index0) -%}
    {%- endfor -%}
    {%- for column in way.of -%}
        {%- do selected.append(feed_column(column)) -%}
    {%- endfor -%}
    {%- if feed.source -%}
        {{ raw_changes(feed.source, selected, read_until) }}
    {%- else -%}
        select {{ selected | join(', ') }}
        from changes.{{ feed.name }}
        where sequence > {{ read_until }}
        group by all
        {%- if way.of %}
        having sum(rows_count) <> 0
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
