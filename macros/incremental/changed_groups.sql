{% macro changed_groups(read_until) %}
    {%- set key = key_columns(model) -%}
    with named as (
        {%- for way in follow_ways(model) %}
        {%- set outer = loop %}
        {%- for feed in change_feeds(way.input, way.columns.values() | list) %}
        {{ 'union' if not (outer.first and loop.first) }}
        {{ groups_named(way, feed, read_until[feed.name]) }}
        {%- endfor %}
        {%- endfor %}
    )

    {% if model.config.meta.cumulative -%}
    select
        {{ key[:-1] | join(', ') }},
        min({{ key | last }}) as {{ key | last }}
    from named
    group by {{ key[:-1] | join(', ') }}
    {%- else -%}
    select {{ key | join(', ') }}
    from named
    {%- endif -%}
{% endmacro %}
