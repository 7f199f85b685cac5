{% macro record_row_settings() %}
    {%- if execute -%}
        {%- set name = model.schema ~ '.' ~ model.alias -%}
        {%- set read = [] -%}
        {%- for id in model.depends_on.nodes or [] if id in graph.nodes -%}
            {%- do read.append(
                graph.nodes[id].schema ~ '.' ~ graph.nodes[id].alias
            ) -%}
        {%- endfor -%}
        delete from ops.row_settings where relation_name = '{{ name }}';
        insert into ops.row_settings
        select
            '{{ name }}',
            today.setting_name,
            coalesce(min(held.setting_value), today.setting_value)
        from {{ row_settings_listed(model) }}
        left join ops.row_settings as held
            on
                held.relation_name in ('{{ read | join("', '") }}')
                and today.setting_name = held.setting_name
                and today.setting_value <> held.setting_value
        where today.setting_name <> ''
        group by
            today.setting_name,
            today.setting_value
    {%- endif -%}
{% endmacro %}
