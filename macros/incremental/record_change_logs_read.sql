{% macro record_change_logs_read() %}
    {%- if execute and model.config.materialized == 'incremental'
        and model.config.meta.follows.rows_of -%}
        {%- set reader = change_log_reader(model) -%}
        delete from ops.change_logs_read
        where reader_name = '{{ reader }}';
        insert into ops.change_logs_read
        select
            '{{ reader }}',
            model_name,
            {{ -1 if flags.EMPTY else 'stands_at' }}
        from ops.change_logs
        where model_name in ('{{ followed_change_logs() | join("', '") }}')
    {%- endif -%}
{% endmacro %}
