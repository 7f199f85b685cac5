{% macro changed_groups(read_until) %}
    {%- set key = key_columns(model) -%}
    {%- set named = [] -%}
    {%- for way in follow_ways(model) -%}
        {%- for feed in way_feeds(way) -%}
            {%- do named.append(groups_named(
                model, way, changed_values(way, feed, read_until[feed.name])
            )) -%}
        {%- endfor -%}
    {%- endfor -%}
    with named as (
        {{ named | join('\n        union\n        ') }}
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
