{% macro input_through(column) -%}
    {%- do return(
        column.split('.')[0] if modules.re.fullmatch('[a-z]\\w*[.]\\w+', column) else ''
    ) -%}
{%- endmacro %}
