{% macro built_from(sql, behind) %}
    {%- set parts = [
        "select sql from duckdb_views() where schema_name || '.' || view_name in ('"
        ~ behind.views | join("', '") ~ "')"
    ] -%}
    {%- for seed in behind.seeds -%}
        {%- do parts.append('select sum(hash(seed))::varchar from ' ~ seed ~ ' as seed') -%}
    {%- endfor -%}
    {%- set inputs = run_query(
        "select md5(string_agg(sql, '' order by sql)) from (" ~ parts | join(' union all ') ~ ')'
    ).rows[0][0] -%}
    {%- set meta = model.config.meta -%}
    {%- set declared = [
        key_columns(model), meta.follows or {}, meta.not_compared or [],
        meta.cumulative or false, behind.declared
    ] -%}
    {%- do return(local_md5(sql ~ inputs ~ tojson(declared))) -%}
{% endmacro %}
