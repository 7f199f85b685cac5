{% macro record_invocation() %}
    {%- if execute
        and flags.WHICH in ['build', 'run', 'seed', 'snapshot'] -%}
        {%- do run_query('create schema if not exists ops') -%}
        {%- do run_query(
            'create table if not exists ops.dbt_invocations ('
            'invocation_id varchar, command varchar, started_at timestamp)'
        ) -%}
        {%- do run_query(
            "insert into ops.dbt_invocations values ('" ~ invocation_id ~ "', '"
            ~ flags.WHICH ~ "', now() at time zone 'UTC')"
        ) -%}
    {%- endif -%}
{% endmacro %}
