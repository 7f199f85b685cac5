{% macro feeds_to_read() %}
    {#- A feed that lacks a column, or does not reach back, is not whole. -#}
    {%- set names = [] -%}
    {%- set asked = [] -%}
    {%- for way in follow_ways(model) -%}
        {%- for feed in way_feeds(way) -%}
            {%- do names.append(feed.name) -%}
            {%- for column in feed.columns + feed.of
                if not feed.source and not column.startswith("'") -%}
                {%- do asked.append(feed.name ~ '.' ~ feed_column(column)) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- set names = names | unique | list -%}
    {%- set until = {} -%}
    {%- set there = [] -%}
    {%- for name, read_until in run_query(
        "select feed_name, read_until from ops.change_feeds_read"
        ~ " left join ops.change_feeds using (feed_name)"
        ~ " where reader_name = '" ~ change_feed_reader(model) ~ "'"
        ~ " and read_until >= coalesce(began_at, 0)"
        ~ " union all select table_name || '.' || column_name, null from duckdb_columns()"
        ~ " where database_name = current_database() and schema_name = 'changes'"
        ~ " and table_name in ('" ~ names | join("', '") ~ "')"
    ).rows if names -%}
        {%- do (until.update({name: read_until}) if read_until is not none
            else there.append(name)) -%}
    {%- endfor -%}
    {%- do return({
        'names': names,
        'until': until,
        'are_whole': not (names | reject('in', until) | list
            + asked | reject('in', there) | list),
    }) -%}
{% endmacro %}
