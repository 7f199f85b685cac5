{% macro change_feeds(id, columns) %}
    {%- set source = graph.sources.get(id) -%}
    {%- if source -%}
        {%- do return([{
            'name': 'raw ' ~ source.source_name ~ '.' ~ source.name,
            'source': source,
            'columns': columns,
            'is_there': source.schema.startswith('raw_'),
        }]) -%}
    {%- endif -%}
    {%- set node = graph.nodes[id] -%}
    {%- if node.config.materialized == 'replace_by_key' -%}
        {%- do return([
            {'name': node.name, 'source': none, 'columns': columns, 'is_there': true}
        ]) -%}
    {%- elif node.config.materialized != 'view' -%}
        {%- do return([
            {'name': node.name, 'source': none, 'columns': [], 'is_there': false}
        ]) -%}
    {%- endif -%}
    {%- set renamed = {} -%}
    {%- for way in follow_ways(node) -%}
        {%- do renamed.update({way.input: way.columns}) -%}
    {%- endfor -%}
    {%- set feeds = [] -%}
    {%- for above in inputs_named(node).values() -%}
        {%- set there = graph.nodes.get(above, {}) -%}
        {%- set asked = [] -%}
        {%- for column in columns -%}
            {%- if column == 'source_name' and there.fqn and there.fqn[1] == 'staging' -%}
                {%- do asked.append("'" ~ there.fqn[2] ~ "'") -%}
            {%- else -%}
                {%- do asked.append(renamed.get(above, {}).get(column, column)) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- do feeds.extend(change_feeds(above, asked)) -%}
    {%- endfor -%}
    {%- do return(feeds) -%}
{% endmacro %}
