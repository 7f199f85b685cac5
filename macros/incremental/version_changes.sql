{% macro version_changes(
    source_name, table_name, document_type, document_id, valid_from, content
) %}
    {%- if execute and graph.sources
        and is_delivered_whole(source_name, table_name) -%}
        {{- exceptions.raise_compiler_error(
            'version_changes reads tables whose files add to each other, and '
            ~ source_name ~ '.' ~ table_name ~ ' declares `delivery: full`: '
            ~ 'use deliveries instead.'
        ) -}}
    {%- endif %}
    with versions as (
        select
            {{ document_id }} as document_id,
            {{ valid_from }} as valid_from,
            concat_ws(
                '|',
                {%- for column in content %}
                coalesce({{ column }}, ''){{ ',' if not loop.last }}
                {%- endfor %}
            ) as content,
            _loaded_at,
            _source_file,
            _row_number
        from {{ source(source_name, table_name) }}
        where
            (_source_file, _loaded_at) in (
                {{ current_files(source_name, table_name) }}
            )
    ),

    -- What came before the first version is told by the first version.
    reaching_back as (
        select
            *,
            case
                when
                    valid_from
                    > min(valid_from) over (partition by document_id)
                    then valid_from
                else timestamp '1900-01-01'
            end as changed_from,
            lag(content) over (
                partition by document_id, valid_from
                order by _loaded_at, _source_file, _row_number
            ) as previous_content
        from versions
    )

    select
        '{{ document_type }}' as document_type,
        document_id,
        changed_from,
        _loaded_at
    from reaching_back
    where content is distinct from previous_content
    union all
    select
        '{{ document_type }}' as document_type,
        delivered.{{ document_id }} as document_id,
        timestamp '1900-01-01' as changed_from,
        files.loaded_at as _loaded_at
    from {{ source(source_name, table_name) }} as delivered
    inner join (
        {{ replaced_files(source_name, table_name) }}
    ) as files
        on delivered._source_file = files.source_file
{% endmacro %}
