{% macro begin_feed(columns, rows) %}
    insert into ops.change_feeds
    select
        '{{ model.name }}',
        0,
        0
    where '{{ model.name }}' not in (select feed_name from ops.change_feeds);
    {{ end_feed() }}
    create table changes.{{ model.name }} as
    select
        {%- for expression, column in columns.items() %}
        {{ expression }} as {{ column }},
        {%- endfor %}
        cast(0 as integer) as rows_count,
        cast(0 as bigint) as sequence
    from {{ rows }}
    limit 0;
{% endmacro %}
