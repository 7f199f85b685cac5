{% macro quintile_score(value, cuts) -%}
    1
    {%- for place in range(1, 5) %}
    + cast({{ value }} > {{ cuts }}[{{ place }}] as integer)
    {%- endfor %}
{%- endmacro %}
