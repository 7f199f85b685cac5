{% macro raw_changes(table, selected, read_until) %}
    {%- set rows = table.schema ~ '.' ~ table.identifier -%}
    {%- set newer -%}
        select source_file
        from ops.loads
        where
            source = '{{ table.source_name }}'
            and table_name = '{{ table.name }}'
            and status = 'loaded'
        group by source_file
        having max(epoch_us(loaded_at)) > {{ read_until }}
    {%- endset -%}
    {%- if (table.config.meta.landing or {}).delivery is defined -%}
        {#- What a full delivery no longer holds has changed, too. -#}
        select distinct {{ selected | join(', ') }}
        from {{ rows }}
        where exists ({{ newer }})
    {%- else -%}
        select {{ selected | join(', ') }}
        from {{ rows }}
        where _loaded_at > make_timestamp({{ read_until }})
        union all
        select {{ selected | join(', ') }}
        from {{ rows }}
        where _source_file in ({{ newer }} and count(*) > 1)
    {%- endif -%}
{% endmacro %}
