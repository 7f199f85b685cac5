{% macro is_plausible(moment, date) -%}
    (
        coalesce({{ moment }} <= _loaded_at + interval '1 day', true)
        and {{ date }} >= {{ opened_on() }}
    )
{%- endmacro %}
