{% macro way_feeds(way) %}
    {%- set feeds = [] -%}
    {%- for feed in change_feeds(way.input, (way.columns.values() | list) + way.of) -%}
        {%- set count = way.columns | length -%}
        {%- do feeds.append(dict(
            feed, columns=feed.columns[:count], of=feed.columns[count:]
        )) -%}
    {%- endfor -%}
    {%- do return(feeds) -%}
{% endmacro %}
