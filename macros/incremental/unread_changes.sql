{% macro unread_changes(model_name) -%}
    (
        select *
        from changes.{{ model_name }}
        where
            sequence > (
                select read_until
                from ops.change_feeds_read
                where
                    reader_name = '{{ change_feed_reader(model) }}'
                    and feed_name = '{{ model_name }}'
            )
    )
{%- endmacro %}
