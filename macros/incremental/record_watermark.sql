{% macro record_watermark() %}
    {%- if execute
        and model.config.materialized in ['table', 'incremental', 'snapshot'] -%}
        {%- set name = model.schema ~ '.' ~ model.alias -%}
        {%- set held = snapshotted_sources()
            if model.config.materialized == 'snapshot' else active_sources() -%}
        {%- set upstream = watermarks_upstream(model.depends_on.nodes) -%}
        delete from ops.watermarks where relation_name = '{{ name }}';
        insert into ops.watermarks
        select
            '{{ name }}',
            source_name,
            {{ "timestamp '1900-01-01'" if flags.EMPTY
                else 'min(loaded_until)' }}
        from (
            {%- for source_name in upstream.sources %}
            select
                '{{ source_name }}' as source_name,
                coalesce(max(loaded_at), timestamp '1900-01-01')
                    as loaded_until
            from ops.loads
            where source = '{{ source_name }}'
            union all
            {%- endfor %}
            select
                source_name,
                loaded_until
            from ops.watermarks
            where relation_name in ('', '{{ upstream.models | join("', '") }}')
        )
        where
            source_name in ('{{ held | join("', '") }}')
            {%- for view in upstream.views %}
            {#- A view made before the source was on has no rows of it. -#}
            {{ '\n            ' }}and source_name in (
                select source_name from ops.watermarks
                where relation_name = '{{ view }}'
            )
            {%- endfor %}
        group by source_name
    {%- endif -%}
{% endmacro %}
