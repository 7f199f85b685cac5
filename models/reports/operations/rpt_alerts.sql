{%- for name in marts_and_reports() if name != 'reports.rpt_alerts' -%}
    {%- do ref(name.split('.')[1]) -%}
{%- endfor -%}
{%- do ref('int_source_freshness') -%}
with rpt_alerts as (
    {{ alerts_united(['alerts']) }}
)

select * from rpt_alerts
