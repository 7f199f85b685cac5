{% macro current_rows(source_name, table_name) %}
    {%- set columns = raw_key(source_name ~ '.' ~ table_name) | join(', ') %}
    {%- set rows = source(source_name, table_name) %}
    {%- set files = current_files(source_name, table_name) %}
    {%- if is_delivered_whole(source_name, table_name) %}
    {#- A row that deliveries repeat came with the first of them in a row. -#}
    select
        delivered.* exclude (_content) replace (
            coalesce(unchanged.loaded_at, delivered._loaded_at) as _loaded_at
        )
    from (
        select
            *,
            {{ content_hash('raw_rows') }} as _content
        from {{ rows }} as raw_rows
    ) as delivered
    left join (
        {{ unchanged_since(source_name, table_name) }}
    ) as unchanged
        on delivered._content = unchanged.content
    where
        (delivered._source_file, delivered._loaded_at) in (
            {{ files }}
        )
        {{ 'and ' ~ in_changed_groups(columns, or_without_key=true) if columns }}
    {%- else %}
    select *
    from {{ rows }}
    where
        (_source_file, _loaded_at) in (
            {{ files }}
        )
    {%- if columns %}
        and {{ in_changed_groups(columns, or_without_key=false) }}
    -- No change names a row without a key: all of them are read again.
    union all
    select *
    from {{ rows }}
    where
        (_source_file, _loaded_at) in (
            {{ files }}
        )
        and ({{ columns | replace(', ', ' is null or ') }} is null)
        and {{ where_replaced('true', 'false') }}
    {%- endif %}
    {%- endif %}
{% endmacro %}
