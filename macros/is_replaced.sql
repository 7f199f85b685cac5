{% macro is_replaced() -%}
    {%- set key = model.config.unique_key -%}
    {%- set documents = [key] if key is string else key -%}
    {%- if model.config.meta.follows.months_to -%}
    rowid in (
        select held.rowid
        from {{ this }} as held
        inner join changed_documents
            on
                held.{{ key }} = changed_documents.{{ key }}
                and held.month_start_date >= changed_documents.changed_from
    )
    {%- else -%}
    ({{ documents | join(', ') }}) in (select * from changed_documents)
    {%- endif -%}
    {%- if 'source_name' in documents and not model.config.meta.follows.rows_of %}
    or source_name not in ('{{ active_sources() | join("', '") }}')
    {%- endif %}
{%- endmacro %}
