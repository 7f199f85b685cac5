{% macro value_rule(name, entity, column, found=none, amount=0) %}
    {%- set values = known_values(entity, column) -%}
    {%- do return({
        'name': name,
        'when': 'coalesce(' ~ column ~ " not in ('" ~ values | join("', '")
            ~ "'), true)",
        'expected': "'" ~ values | join(', ') ~ "'",
        'found': found or column,
        'amount': amount,
    }) -%}
{% endmacro %}
