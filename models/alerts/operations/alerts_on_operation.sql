{% set inputs = [
    'int_landings_summed', 'int_source_freshness', 'stg_ops__builds',
    'stg_ops__loads',
] -%}
with alerts_on_operation as (
    {{ alerts_united(['alerts', 'operations'], inputs) }}
)

select * from alerts_on_operation
