{% materialization replace_by_key, adapter='duckdb' %}
    {%- set target = this.incorporate(type='table') -%}
    {%- set standing = load_cached_relation(this) -%}
    {%- set goes_on = standing and standing.is_table and not should_full_refresh() -%}
    {%- set everything = modules.re.sub(
        '(?s)/\\* changed groups, else (.*?) \\*/.*?/\\* end \\*/', '\\1', sql
    ) -%}
    {%- set behind = inputs_behind(model) -%}
    {%- set built_from = built_from(everything, behind) -%}
    {%- set feeds = feeds_to_read() -%}
    {%- set columns = feed_columns(model.name) -%}
    {%- set feed_stands = goes_on and feed_stands(columns) -%}
    {{ run_hooks(pre_hooks) }}

    {% if goes_on and feeds.names and feeds.are_whole and is_built_from(built_from) -%}
        {%- set rows = model.name ~ '__rows' -%}
        {%- call statement('groups') -%}
            create or replace table {{ groups_relation() }} as
            {{ changed_groups(feeds.until) }};
            create or replace temporary table {{ rows }} as
            with model_rows as (
                {{ sql }}
            )
            select * from model_rows where {{ in_groups() }}
        {%- endcall -%}
        {%- set differing = other_columns(rows, target) -%}
        {%- if differing -%}
            {%- do exceptions.raise_compiler_error(
                'The columns of ' ~ model.name ~ ' have changed, by name or type: '
                ~ differing | join(', ') ~ '. Rebuild it: dbt build --full-refresh -s '
                ~ model.name
            ) -%}
        {%- endif -%}
        {%- set replaced -%}
            (select * from {{ target }} where rowid in ({{ rows_replaced() }}))
        {%- endset -%}
        {%- call statement('main') -%}
            {{ (note_changes(columns, replaced, rows) if feed_stands
                else begin_feed(columns, target)) if columns else end_feed() }}
            delete from {{ target }} where rowid in ({{ rows_replaced() }});
            insert into {{ target }} by name select * from {{ rows }};
            drop table {{ rows }}
        {%- endcall -%}
    {%- else -%}
        {%- set rows = make_intermediate_relation(target) -%}
        {%- do drop_relation_if_exists(load_cached_relation(rows)) -%}
        {%- call statement('main') -%}
            {{ create_table_as(false, rows, everything) }}
        {%- endcall -%}
        {%- set compares = feed_stands and not other_columns(rows, target) -%}
        {%- do run_query(
            (note_changes(columns, target, rows) if compares
            else begin_feed(columns, rows)) if columns else end_feed()
        ) -%}
        {%- if feeds.names -%}
            {%- do run_query(
                'create or replace table ' ~ groups_relation() ~ ' as select '
                ~ key_columns(model) | join(', ') ~ ' from ' ~ rows ~ ' limit 0'
            ) -%}
        {%- endif -%}
        {%- if standing -%}
            {%- do adapter.drop_relation(standing) -%}
        {%- endif -%}
        {%- do adapter.rename_relation(rows, target) -%}
    {%- endif -%}
    {%- do run_query(note_reading(feeds.names, built_from, behind.tables)) -%}
    {%- do persist_docs(target, model) -%}
    {{ run_hooks(post_hooks) }}
    {%- do adapter.commit() -%}
    {{ return({'relations': [target]}) }}
{% endmaterialization %}
