{% macro record_sources_united() %}
    {%- if execute
        and model.config.materialized == 'view' -%}
        {%- set name = model.schema ~ '.' ~ model.alias -%}
        delete from ops.watermarks where relation_name = '{{ name }}';
        insert into ops.watermarks
        select
            '{{ name }}',
            unnest(['{{ active_sources() | join("', '") }}']),
            timestamp '9999-12-31'
    {%- endif -%}
{% endmacro %}
