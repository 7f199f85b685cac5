{% macro followed_change_logs() %}
    {%- set follows = model.config.meta.follows -%}
    {%- do return(
        (follows.rows_of.keys() | list) + ((follows.through or {}).keys() | list)
    ) -%}
{% endmacro %}
