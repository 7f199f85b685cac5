{% macro built_from(sql, behind) %}
    {%- set parts = [
        "select sql from duckdb_views() where schema_name || '.' || view_name in ('"
        ~ behind.views | join("', '") ~ "')"
    ] -%}
    {%- for seed in behind.seeds -%}
        {%- do parts.append('select sum(hash(seed))::varchar from ' ~ seed ~ ' as seed') -%}
    {%- endfor -%}
    {%- set told = run_query(
        "select md5(string_agg(sql, '' order by sql)) from (" ~ parts | join(' union all ') ~ ')'
    ).rows[0][0] -%}
    {%- do return(local_md5(sql ~ told)) -%}
{% endmacro %}
