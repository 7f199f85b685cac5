{% macro is_behind_change_logs(logs) %}
    {%- if flags.WHICH not in ['build', 'run', 'test'] -%}
        {#- dbt only compiles, maybe before anything was built. -#}
        {%- do return(true) -%}
    {%- endif -%}
    {%- set whole = run_query(
        "select count(*)"
        ~ " from ops.change_logs as logs"
        ~ " inner join ops.change_logs_read as logs_read"
        ~ " on logs.model_name = logs_read.model_name"
        ~ " and logs_read.read_until >= logs.began_at"
        ~ " where logs_read.reader_name = '" ~ change_log_reader(model) ~ "'"
        ~ " and logs.model_name in ('" ~ logs | join("', '") ~ "')"
    ).rows[0][0] -%}
    {%- do return(whole < logs | length) -%}
{% endmacro %}
