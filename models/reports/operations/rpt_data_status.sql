{%- set relations = marts_and_reports() -%}
with landings as (
    select * from {{ ref('int_landings_summed') }}
),

dates_reached as (
    select * from {{ ref('int_source_dates_reached') }}
),

models_built as (
    select * from {{ ref('stg_ops__models_built') }}
),

builds as (
    select * from {{ ref('stg_ops__builds') }}
),

last_build as (
    select * from builds
    qualify row_number() over (order by build_id desc) = 1
),

findings as (
    select
        source_name,
        count(*) as finding_count
    from {{ ref('rpt_findings') }}
    where is_open
    group by source_name
),

-- The marts hold of a source what the slowest of them holds.
held_by_all as (
    select min(loaded_until) as loaded_until
    from models_built
    where model_name like 'dim_%' or model_name like 'fct_%'
),

-- A table that no entity is named after is as new as its whole source.
source_tables as (
    select
        'source' as relation_type,
        landings.source_name || '.' || landings.table_name as relation_name,
        landings.row_count,
        landings.rejected_row_count,
        coalesce(max(findings.finding_count), 0) as open_finding_count,
        coalesce(
            max(dates_reached.newest_date) filter (
                where dates_reached.entity = landings.table_name
            ),
            max(dates_reached.newest_date)
        ) as newest_date,
        landings._loaded_at as newest_loaded_at,
        held_by_all.loaded_until
    from landings
    cross join held_by_all
    left join dates_reached
        on landings.source_name = dates_reached.source_name
    left join findings
        on landings.source_name = findings.source_name
    group by all
),

built_tables as (
    {%- for name, business_date in relations.items() %}
    {%- if not loop.first %}
    union all
    {%- endif %}
    {%- set schema, model_name = name.split('.') %}
    select
        '{{ schema[:-1] }}' as relation_type,
        '{{ name }}' as relation_name,
        count(*) as row_count,
        cast(max({{ business_date or 'null' }}) as date) as newest_date
    from {{ ref(model_name) }}
    {%- endfor %}
),

relations as (
    select * from source_tables
    union all by name
    select
        built_tables.*,
        models_built.loaded_until
    from built_tables
    left join models_built
        on
            built_tables.relation_name = 'marts.' || models_built.model_name
),

rpt_data_status as (
    select
        relations.relation_type,
        relations.relation_name,
        last_build.build_id as last_build_id,
        last_build.status as last_build_status,

        relations.row_count,
        coalesce(relations.rejected_row_count, 0) as rejected_row_count,
        relations.open_finding_count,
        last_build.test_count as last_build_test_count,
        last_build.failed_count as last_build_failed_count,

        relations.newest_date,
        relations.newest_loaded_at,
        relations.loaded_until,
        last_build.ended_at as last_build_ended_at
    from relations
    left join last_build
        on true
)

select * from rpt_data_status
