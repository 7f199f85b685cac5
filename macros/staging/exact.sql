{% macro exact(column, data_type) -%}
    case
        when
            cast({{ column }} as decimal(38, 10))
            <> cast({{ column }} as {{ data_type }})
            then error(
                '{{ column | replace("'", "''") }} is ' || {{ column }}
                || ', which {{ data_type }} would round'
            )
        else cast({{ column }} as {{ data_type }})
    end
{%- endmacro %}
