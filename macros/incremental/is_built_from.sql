{% macro is_built_from(built_from) %}
    {%- do return(run_query(
        "select count(*) from ops.models_built"
        ~ " where model_name = '" ~ model.name ~ "' and built_from = '" ~ built_from ~ "'"
    ).rows[0][0] > 0) -%}
{% endmacro %}
