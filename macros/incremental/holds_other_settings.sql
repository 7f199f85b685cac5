{% macro holds_other_settings() %}
    {%- if not execute
        or flags.WHICH not in ['build', 'run']
        or model.config.materialized != 'incremental' -%}
        {%- do return(false) -%}
    {%- endif -%}
    {#- dbt asks several times for each model. -#}
    {%- if 'holds_other_settings' not in model -%}
        {%- set differing = run_query(
            "select count(*)"
            ~ " from ops.row_settings as held"
            ~ " inner join " ~ row_settings_listed(model)
            ~ " on held.setting_name = today.setting_name"
            ~ " where held.relation_name = '" ~ model.schema ~ "." ~ model.alias ~ "'"
            ~ " and held.setting_value <> today.setting_value"
        ).rows[0][0] -%}
        {%- do model.update({'holds_other_settings': differing > 0}) -%}
    {%- endif -%}
    {%- do return(model.holds_other_settings) -%}
{% endmacro %}
