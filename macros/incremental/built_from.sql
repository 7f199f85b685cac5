{% macro built_from(sql, behind) %}
    {%- set definitions = run_query(
        "select md5(string_agg(sql, '' order by schema_name, view_name))"
        ~ " from duckdb_views() where schema_name || '.' || view_name in ('"
        ~ behind.views | join("', '") ~ "')"
    ).rows[0][0] if behind.views else '' -%}
    {%- do return(local_md5(sql ~ definitions ~ behind.seeds | join(''))) -%}
{% endmacro %}
