{% macro unread_changes(model_name) -%}
    (
        select *
        from changes.{{ model_name }}
        where
            sequence > (
                select read_until
                from ops.change_logs_read
                where
                    reader_name = '{{ change_log_reader(model) }}'
                    and model_name = '{{ model_name }}'
            )
    )
{%- endmacro %}
