{% macro record_tests_passed(results) %}
    {%- set passed = [] -%}
    {%- for result in results if execute
        and result.node.resource_type == 'test' and result.status == 'pass'
        and not result.failures and not flags.EMPTY -%}
        {%- for id in result.node.depends_on.nodes
            if graph.nodes.get(id) and graph.nodes[id].config.meta.logs -%}
            {%- do passed.append(
                "('" ~ change_log_reader(result.node) ~ "', '"
                ~ graph.nodes[id].name ~ "')"
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if passed %}
        create temporary table tests_passed as
        select *
        from (values {{ passed | join(', ') }}) as passed (reader_name, model_name);
        delete from ops.change_logs_read
        where reader_name in (select reader_name from tests_passed);
        insert into ops.change_logs_read
        select
            tests_passed.reader_name,
            tests_passed.model_name,
            change_logs.stands_at
        from tests_passed
        inner join ops.change_logs as change_logs
            on tests_passed.model_name = change_logs.model_name;
        drop table tests_passed
    {%- endif -%}
{% endmacro %}
