{% macro changed_values(way, feed, read_until) %}
    {#- c0, c1, …: what the feed says has changed, one column for each of the way. -#}
    {%- set selected = [] -%}
    {%- for column in feed.columns -%}
        {%- do selected.append(
            (column if feed.source or column.startswith("'") else feed_column(column))
            ~ ' as c' ~ loop.index0
        ) -%}
    {%- endfor -%}
    {%- if feed.source -%}
        {{ raw_changes(feed.source, selected, read_until) }}
    {%- else -%}
        {%- for column in feed.of -%}
            {%- do selected.append(feed_column(column)) -%}
        {%- endfor -%}
        select {{ selected | join(', ') }}
        from changes.{{ feed.name }}
        where sequence > {{ read_until }}
        group by all
        {%- if feed.of %}
        having sum(rows_count) <> 0
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
