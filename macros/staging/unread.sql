{% macro unread(numbers={}, moments=[], flags=[], dates=[], required=[]) -%}
    nullif(
        concat_ws(
            '; '
            {%- for column, data_type in numbers.items() %}
            {%- set wide = 'decimal(38, 20)' if data_type == 'decimal(38, 20)'
                else 'decimal(38, 12)' %},
            case
                when
                    {{ column }} is not null
                    and coalesce(
                        try_cast({{ column }} as {{ wide }})
                        <> try_cast({{ column }} as {{ data_type }}),
                        true
                    )
                    then '{{ column }} ' || {{ column }}
            end
            {%- endfor %}
            {%- for columns, data_type in [
                (moments, 'timestamptz'), (flags, 'boolean'), (dates, 'date')
            ] %}
            {%- for column in columns %},
            case
                when
                    {{ column }} is not null
                    and try_cast({{ column }} as {{ data_type }}) is null
                    then '{{ column }} ' || {{ column }}
            end
            {%- endfor %}
            {%- endfor %}
            {%- for column in required %},
            case when {{ column }} is null then '{{ column }} is empty' end
            {%- endfor %}
        ),
        ''
    )
{%- endmacro %}
