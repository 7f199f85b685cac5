{% macro value_rule(name, column, values, found=none, amount=0) %}
    {%- do return({
        'name': name,
        'when': 'coalesce(' ~ column ~ " not in ('" ~ values | join("', '")
            ~ "'), true)",
        'expected': "'" ~ values | join(', ') ~ "'",
        'found': found or column,
        'amount': amount,
    }) -%}
{% endmacro %}
