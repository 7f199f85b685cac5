{%- set inputs = marts_and_reports().keys() | list -%}
with rpt_alerts as (
    {{ alerts_united(['alerts'], inputs + ['int_source_freshness']) }}
)

select * from rpt_alerts
