{% macro unite(entity) %}
    {%- set providing = sources_on(entity) -%}
    {%- for source_name in providing %}
        {%- if not loop.first %}
    union all
        {%- endif %}
    {%- set staged = ref('stg_' ~ source_name ~ '__' ~ entity) %}
    {%- set provided = staged_columns(staged) %}
    {%- do refuse_missing_columns(staged, provided) %}
    select
        {%- for column in model.columns.values() %}
            {%- set name = column.name %}
            {%- if name == 'source_name' %}
        '{{ source_name }}' as source_name
            {%- elif column.config.meta.optional and name not in provided %}
        cast(null as {{ column.data_type }}) as {{ name }}
            {%- else %}
        cast({{ name }} as {{ column.data_type }}) as {{ name }}
            {%- endif %}
            {{- ',' if not loop.last }}
        {%- endfor %}
    from {{ staged }}
    where {{ entity_key(entity) | join(' is not null and ') }} is not null
    {%- endfor %}
    {%- if not providing %}
    select
        {%- for column in model.columns.values() %}
        cast(null as {{ column.data_type }}) as {{ column.name }}
            {{- ',' if not loop.last }}
        {%- endfor %}
    where false
    {%- endif %}
{% endmacro %}
