{% macro tell_built_whole() %}
    {%- set names = graph.get('built_whole', []) if execute else [] -%}
    {%- if names -%}
        {%- do exceptions.warn(
            'Rebuilt in full, because the definition of these models has changed (SQL, settings,'
            ~ ' follows, views or seeds that they read): ' ~ names | sort | join(', ')
            ~ '. Nothing needs to be done.'
        ) -%}
    {%- endif -%}
{% endmacro %}
