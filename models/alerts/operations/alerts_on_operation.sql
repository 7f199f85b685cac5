{%- for name in [
    'int_landings_summed', 'int_source_freshness', 'stg_ops__builds',
    'stg_ops__loads',
] -%}
    {%- do ref(name) -%}
{%- endfor -%}
with alerts_on_operation as (
    {{ alerts_united(['alerts', 'operations']) }}
)

select * from alerts_on_operation
