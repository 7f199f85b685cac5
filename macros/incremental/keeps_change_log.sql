{% macro keeps_change_log() %}
    {%- do return(
        execute and model.config.meta.logs
        and model.config.materialized in ['table', 'incremental']
    ) -%}
{% endmacro %}
