{% macro note_changes(columns, rows_before, rows_after) %}
    {%- set compared = [] -%}
    {%- for column in adapter.get_columns_in_relation(this)
        if column.name not in (model.config.meta.not_compared or []) -%}
        {%- do compared.append(column.quoted) -%}
    {%- endfor %}
    update ops.change_feeds
    set
        began_at = greatest(began_at, stands_at - {{ var('change_feed_runs') }}),
        stands_at = stands_at + 1
    where feed_name = '{{ model.name }}';
    delete from changes.{{ model.name }}
    where sequence <= (
        select began_at from ops.change_feeds
        where feed_name = '{{ model.name }}'
    );
    insert into changes.{{ model.name }} by name
    with compared as (
        {%- for rows, rows_count in [(rows_before, -1), (rows_after, 1)] %}
        {{ 'union all' if not loop.first }}
        select
            {%- for expression, column in columns.items() %}
            {{ expression }} as {{ column }},
            {%- endfor %}
            hash({{ compared | join(', ') }}) as row_hash,
            {{ rows_count }} as rows_count
        from {{ rows }}
        {%- endfor %}
    )

    select
        compared.* exclude (row_hash) replace (
            cast(sum(rows_count) as integer) as rows_count
        ),
        any_value(change_feeds.stands_at) as sequence
    from compared
    inner join ops.change_feeds as change_feeds
        on change_feeds.feed_name = '{{ model.name }}'
    group by
        compared.row_hash,
        {{ columns.values() | join(', ') }}
    having sum(rows_count) <> 0;
{% endmacro %}
