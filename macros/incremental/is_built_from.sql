{% macro is_built_from(built_from) %}
    {%- set held = run_query(
        "select built_from from ops.models_built where model_name = '" ~ model.name ~ "'"
    ).columns[0].values() | join -%}
    {%- if held and held != built_from -%}
        {%- do graph.setdefault('built_whole', []).append(model.name) -%}
    {%- endif -%}
    {%- do return(held == built_from) -%}
{% endmacro %}
