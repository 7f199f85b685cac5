{% macro record_change_logs_read() %}
    {%- if execute and model.config.materialized == 'incremental'
        and model.config.meta.follows.rows_of -%}
        delete from ops.change_logs_read
        where reader_name = '{{ model.name }}';
        insert into ops.change_logs_read
        select
            '{{ model.name }}',
            model_name,
            {{ -1 if flags.EMPTY else 'stands_at' }}
        from ops.change_logs
        where model_name in ('{{ followed_change_logs() | join("', '") }}')
    {%- endif -%}
{% endmacro %}
