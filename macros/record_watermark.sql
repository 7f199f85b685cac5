{% macro record_watermark() %}
    {%- if execute and target.type == 'duckdb'
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
            min(loaded_until)
        from (
            select
                source as source_name,
                max(loaded_at) as loaded_until
            from ops.loads
            where source in ('', '{{ upstream.sources | join("', '") }}')
            group by source
            union all
            select
                source_name,
                loaded_until
            from ops.watermarks
            where relation_name in ('', '{{ upstream.models | join("', '") }}')
        )
        where
            source_name in ('{{ held | join("', '") }}')
            and {{ not flags.EMPTY }}
        group by source_name
    {%- endif -%}
{% endmacro %}
