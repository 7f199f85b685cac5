{% macro tell_built_whole() %}
    {%- set names = graph.get('built_whole', []) if execute else [] -%}
    {%- if names -%}
        {%- do exceptions.warn(
            'Built whole, since their SQL, their settings or their seeds are not what they'
            ~ ' were: ' ~ names | sort | join(', ') ~ '.'
        ) -%}
    {%- endif -%}
{% endmacro %}
