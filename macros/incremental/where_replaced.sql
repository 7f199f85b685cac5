{% macro where_replaced(expression, otherwise) -%}
    {#- A model that is built whole, or for a unit test, looks at all rows. -#}
    {%- if execute and model.config.materialized == 'replace_by_key'
        and model.config.meta.follows and load_cached_relation(this)
        and not should_full_refresh() -%}
    /* changed groups, else {{ otherwise }} */ {{ expression }} /* end */
    {%- else -%}
    {{ otherwise }}
    {%- endif -%}
{%- endmacro %}
