{% macro record_tests_passed(results) %}
    {%- set passed = [] -%}
    {%- for result in results if execute
        and result.node.resource_type == 'test' and result.status == 'pass'
        and not result.failures and not flags.EMPTY -%}
        {%- for id in result.node.depends_on.nodes
            if id in graph.nodes and columns_tested(result.node) -%}
            {%- do passed.append(
                "('" ~ change_feed_reader(result.node) ~ "', '"
                ~ graph.nodes[id].name ~ "')"
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if passed %}
        create temporary table tests_passed as
        select *
        from (values {{ passed | join(', ') }}) as passed (reader_name, model_name);
        delete from ops.change_feeds_read
        where reader_name in (select reader_name from tests_passed);
        insert into ops.change_feeds_read
        select
            tests_passed.reader_name,
            tests_passed.model_name,
            change_feeds.stands_at
        from tests_passed
        inner join ops.change_feeds as change_feeds
            on tests_passed.model_name = change_feeds.feed_name;
        drop table tests_passed
    {%- endif -%}
{% endmacro %}
