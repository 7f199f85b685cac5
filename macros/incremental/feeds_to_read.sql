{% macro feeds_to_read() %}
    {%- set names = [] -%}
    {%- for way in follow_ways(model) -%}
        {%- for feed in change_feeds(way.input, way.columns.values() | list) -%}
            {%- do names.append(feed.name) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set names = names | unique | list -%}
    {%- set until = {} -%}
    {%- for name, read_until in run_query(
        "select feed_name, read_until from ops.change_feeds_read"
        ~ " left join ops.change_feeds using (feed_name)"
        ~ " where reader_name = '" ~ change_feed_reader(model) ~ "'"
        ~ " and read_until >= coalesce(began_at, 0)"
    ).rows -%}
        {%- do until.update({name: read_until}) -%}
    {%- endfor -%}
    {%- do return({
        'names': names,
        'until': until,
        'are_whole': names | reject('in', until) | list | length == 0,
    }) -%}
{% endmacro %}
