{% macro replaced_rows() %}
    {%- set columns = ['rowid as row_id'] + (model.config.meta.logs or []) -%}
    {%- set key = model.config.unique_key -%}
    {%- set documents = [key] if key is string else key -%}
    {%- if model.config.meta.follows.months_to -%}
    select held.{{ columns | join(', held.') }}
    from {{ this }} as held
    inner join changed_documents
        on
            held.{{ key }} = changed_documents.{{ key }}
            and held.month_start_date >= changed_documents.changed_from
    {%- else -%}
    select {{ columns | join(', ') }}
    from {{ this }}
    where ({{ documents | join(', ') }}) in (select * from changed_documents)
    {%- for column in documents if column != 'source_name' %}
    union
    select {{ columns | join(', ') }}
    from {{ this }}
    where {{ column }} is null
    {%- endfor -%}
    {%- endif -%}
    {%- if 'source_name' in documents and not model.config.meta.follows.rows_of %}
    union
    select {{ columns | join(', ') }}
    from {{ this }}
    where source_name not in ('{{ active_sources() | join("', '") }}')
    {%- endif %}
{%- endmacro %}
