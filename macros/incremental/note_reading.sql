{% macro note_reading(names, built_from, tables) %}
    {%- set reader = change_feed_reader(model) %}
    delete from ops.models_built where model_name = '{{ model.name }}';
    insert into ops.models_built
    select
        '{{ model.name }}',
        '{{ built_from if not flags.EMPTY }}',
        coalesce(
            (
                select min(loaded_until)
                from ops.models_built
                where model_name in ('{{ tables | join("', '") }}')
            ),
            (select max(loaded_at) from ops.loads)
        );
    delete from ops.change_feeds_read where reader_name = '{{ reader }}';
    insert into ops.change_feeds_read
    with feeds as (
        select
            feed_name,
            stands_at
        from ops.change_feeds
        union all
        select
            'raw ' || source || '.' || table_name,
            max(epoch_us(loaded_at))
        from ops.loads
        where status = 'loaded'
        group by
            source,
            table_name
    )

    select
        '{{ reader }}',
        followed.feed_name,
        {{ -1 if flags.EMPTY else 'coalesce(feeds.stands_at, 0)' }}
    from (
        values ('{{ names | join("'), ('") }}')
    ) as followed (feed_name)
    left join feeds
        on followed.feed_name = feeds.feed_name
    where followed.feed_name <> ''
{% endmacro %}
