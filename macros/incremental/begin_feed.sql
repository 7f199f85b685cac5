{% macro begin_feed(columns, rows) %}
    drop table if exists changes.{{ model.name }};
    insert into ops.change_feeds
    select
        '{{ model.name }}',
        0,
        0
    where '{{ model.name }}' not in (select feed_name from ops.change_feeds);
    update ops.change_feeds
    set
        began_at = stands_at + 1,
        stands_at = stands_at + 1
    where feed_name = '{{ model.name }}';
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
