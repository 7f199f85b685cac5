{% macro follow_ways(node) %}
    {%- set inputs = inputs_named(node) -%}
    {%- set ways = [] -%}
    {%- for name, declared in (node.config.meta.follows or {}).items() -%}
        {%- set is_one = declared is mapping or declared | first is string -%}
        {%- for way in ([declared] if is_one else declared) if 'never' not in way -%}
            {%- set columns = {} -%}
            {%- set since = [] -%}
            {%- for own in way if own != 'of' -%}
                {%- set column = way[own] if way is mapping else own -%}
                {%- if column.startswith('since ') -%}
                    {%- do since.append(own) -%}
                {%- endif -%}
                {%- do columns.update(
                    {own: column[6:] if own in since else column}
                ) -%}
            {%- endfor -%}
            {%- do ways.append({
                'name': name,
                'input': inputs.get(name, ''),
                'columns': columns,
                'since': since,
                'of': way.of if way is mapping and 'of' in way else [],
            }) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- do return(ways) -%}
{% endmacro %}
