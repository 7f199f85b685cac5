{% macro lacking_columns(node, columns) %}
    {#- Only a source, and a model with a contract, lists all its columns. -#}
    {%- set lacking = [] -%}
    {%- if node and (node.resource_type == 'source' or node.config.contract.enforced) -%}
        {%- for column in columns if modules.re.fullmatch('[a-z]\\w*', column)
            and column not in node.columns and column not in var('technical_columns') -%}
            {%- do lacking.append(column) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- do return(lacking) -%}
{% endmacro %}
