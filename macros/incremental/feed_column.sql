{% macro feed_column(expression) -%}
    {%- do return(
        expression if modules.re.fullmatch('\\w+', expression)
        else 'changed_' ~ local_md5(expression)[:8]
    ) -%}
{%- endmacro %}
