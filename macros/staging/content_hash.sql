{% macro content_hash(rows, ignored=[]) -%}
    {%- set technical = var('technical_columns').keys()
        | reject('equalto', '_extra') | list -%}
    hash(*columns({{ rows }}.* exclude ({{ (technical + ignored) | join(', ') }})))
{%- endmacro %}
