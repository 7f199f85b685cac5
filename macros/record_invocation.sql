{% macro record_invocation(results) %}
    {%- if execute and target.type == 'duckdb' -%}
        {%- set changing = ['model', 'seed', 'snapshot'] -%}
        {%- set changed = results
            | selectattr('node.resource_type', 'in', changing) | list -%}
        {%- set failed = results
            | selectattr('status', 'in', ['error', 'fail', 'runtime error'])
            | list -%}
        {%- if changed -%}
            {%- do run_query('create schema if not exists ops') -%}
            {%- do run_query(
                'create table if not exists ops.dbt_invocations ('
                'invocation_id varchar, command varchar, ended_at timestamp, '
                'changed_count integer, failed_count integer)'
            ) -%}
            {%- do run_query(
                "insert into ops.dbt_invocations values ('" ~ invocation_id ~ "', '"
                ~ flags.WHICH ~ "', now() at time zone 'UTC', "
                ~ changed | length ~ ", " ~ failed | length ~ ")"
            ) -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
