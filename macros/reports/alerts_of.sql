{% macro alerts_of(rows, rule, is_event=false) %}
    select
        '{{ rule }}:' || {{ rows }}.source_name || ':' || {{ rows }}.alert_id
            as alert_key,

        {{ rows }}.source_name,

        '{{ rule }}' as alert_rule,
        {{ rows }}.severity,
        {{ rows }}.subject,
        {{ rows }}.detail,
        case when freshness.is_stale then freshness.age_description end
            as stale_reason,

        {{ is_event | lower }} as is_event,
        coalesce(freshness.is_stale, false) as is_stale,

        {{ rows }}.occurred_at
    from {{ rows }}
    left join {{ ref('int_source_freshness') }} as freshness
        on {{ rows }}.source_name = freshness.source_name
{%- endmacro %}
