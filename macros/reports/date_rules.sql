{% macro date_rules(moment, date, amount=0) %}
    {%- do return([
        {
            'name': 'date_missing',
            'when': moment ~ ' is null',
            'expected': "'" ~ moment ~ "'",
            'found': 'null',
            'amount': amount,
        },
        {
            'name': 'date_beyond_load',
            'when': moment ~ " > _loaded_at + interval '1 day'",
            'expected': "'at most ' || cast(cast(_loaded_at as date) as varchar)",
            'found': moment,
            'amount': amount,
        },
        {
            'name': 'date_before_opening',
            'when': moment ~ ' is not null and ' ~ date ~ ' < ' ~ opened_on(),
            'expected': "'" ~ 'at least ' ~ "' || cast(" ~ opened_on() ~ ' as varchar)',
            'found': moment,
            'amount': amount,
        },
    ]) -%}
{% endmacro %}
