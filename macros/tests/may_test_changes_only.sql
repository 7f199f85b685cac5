{% macro may_test_changes_only() %}
    {%- if not execute or var('test_all_rows')
        or flags.WHICH not in ['build', 'run', 'test'] -%}
        {%- do return(false) -%}
    {%- endif -%}
    {%- set feeds = columns_tested(model).keys() | list -%}
    {%- set read = run_query(
        "select count(*) from ops.change_feeds_read"
        ~ " inner join ops.change_feeds using (feed_name)"
        ~ " where reader_name = '" ~ change_feed_reader(model) ~ "'"
        ~ " and read_until >= began_at"
        ~ " and feed_name in ('" ~ feeds | join("', '") ~ "')"
    ).rows[0][0] -%}
    {%- do return(feeds and read == feeds | length) -%}
{% endmacro %}
