{% macro row_settings_listed(node) -%}
    (
        values
        ('', '')
        {%- for name, value in row_settings(node).items() %},
        ('{{ name }}', '{{ value | string | replace("'", "''") }}')
        {%- endfor %}
    ) as today (setting_name, setting_value)
{%- endmacro %}
