{% macro alerts_united(folder, inputs) %}
    {%- for name in inputs if name.split('.')[-1] != model.name -%}
        {%- do ref(name.split('.')[-1]) -%}
    {%- endfor -%}
    {%- set alerts = [] -%}
    {%- for node in (graph.nodes.values() if execute else [])
        if node.resource_type == 'model'
        and node.name.startswith('alert_') and node.fqn[1:-1] == folder -%}
        {%- do alerts.append(node) -%}
    {%- endfor -%}
    {%- for node in alerts | sort(attribute='name') %}
    {{ 'union all' if not loop.first }}
    select * from (
{{ render(node.raw_code) }}
    ) as {{ node.name }}
    {%- endfor %}
    {%- if not alerts %}
    select
        {%- for name, type in alert_columns().items() %}
        cast(null as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    where false
    {%- endif %}
{%- endmacro %}
