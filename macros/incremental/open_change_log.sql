{% macro open_change_log() %}
    {%- set columns = model.config.meta.logs -%}
    {%- if keeps_change_log() -%}
        {%- set log = 'changes.' ~ model.name -%}
        {%- set standing = load_cached_relation(this) -%}
        {%- set goes_on = standing and standing.type == 'table'
            and not should_full_refresh() -%}
        insert into ops.change_logs
        select
            '{{ model.name }}',
            0,
            0
        where '{{ model.name }}' not in (
            select model_name from ops.change_logs
        );
        {% if logged_columns() == columns and goes_on -%}
        update ops.change_logs
        set
            began_at = greatest(began_at, stands_at - {{ var('change_log_runs') }}),
            stands_at = stands_at + 1
        where model_name = '{{ model.name }}';
        delete from {{ log }}
        where sequence <= (
            select began_at from ops.change_logs
            where model_name = '{{ model.name }}'
        )
        {%- else -%}
        drop table if exists {{ log }};
        update ops.change_logs
        set
            began_at = stands_at + 1,
            stands_at = stands_at + 1
        where model_name = '{{ model.name }}'
        {%- endif %}
        {%- if goes_on %};
        {{ create_change_log() }};
        create or replace temporary table rows_before as
        {%- if model.config.materialized == 'incremental' %}
        {{ replaced_rows() }}
        {%- else %}
        select {{ columns | join(', ') }}
        from {{ this }}
        {%- endif %}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
