"""Comparing what was found with the state: what begins, what lasts and what is over, in SQL."""

from __future__ import annotations

FOUND = "alerts_found"

# Of remembered alerts and of found ones, those that an evaluation is about: those of $rules, or all
# but those of $rules.
_CONCERNED = """
    case when is_operation then not $only_rules
        else list_contains($rules::varchar[], alert_rule) = $only_rules end
"""

COMPARE = f"""
create or replace temporary table alerts_next as
with remembered as (
    select * from ops.alerts where {_CONCERNED}
),
found as (
    select * from {FOUND} where {_CONCERNED}
),
compared as (
    select
        known.*,
        found,
        found.alert_key is not null as is_found,
        if(coalesce(found.is_operation, known.is_operation), $operations, $shop) as is_known,
        is_found or is_known as is_judged,
        known.alert_key is not null and known.cleared_at is null as was_open,
        -- What happened once is told once, also where it comes into sight again.
        coalesce(known.is_event and known.raised_at is not null, false) as is_told
    from remembered as known
    full join found on known.alert_key = found.alert_key
),
counted as (
    select
        *,
        is_found and not was_open and not is_told as begins,
        case
            when is_found then if(was_open, present_count, 0) + 1
            when is_judged then 0
            else present_count
        end as new_present_count,
        case when is_found then 0 when is_judged then absent_count + 1 else absent_count end
            as new_absent_count,
        case when is_found then null when is_judged then coalesce(absent_since, $now)
            else absent_since end as new_absent_since
    from compared
)
select
    coalesce(found.alert_key, alert_key) as alert_key,
    if(is_found, found.source_name, source_name) as source_name,
    if(is_found, found.alert_rule, alert_rule) as alert_rule,
    if(is_found, found.severity, severity) as severity,
    if(is_found, found.subject, subject) as subject,
    if(is_found, found.detail, detail) as detail,
    coalesce(found.stale_reason, if(is_known, null, $problem)) as stale_reason,
    if(is_found, found.is_operation, is_operation) as is_operation,
    if(is_found, found.is_event, is_event) as is_event,
    not is_known or coalesce(found.is_stale, false) as is_stale,
    if(is_found, found.occurred_at, occurred_at) as occurred_at,
    if(begins, $now, first_seen_at) as first_seen_at,
    if(is_found, $now, last_seen_at) as last_seen_at,
    new_absent_since as absent_since,
    new_present_count as present_count,
    new_absent_count as absent_count,
    case
        when is_found and (begins or raised_at is null)
            then if(found.is_event or new_present_count >= $raise_after, $now, null)
        else raised_at
    end as raised_at,
    if(begins, null, acknowledged_at) as acknowledged_at,
    case
        when is_found then null
        when
            was_open and is_judged
            and (
                raised_at is null
                or is_event
                or (
                    new_absent_count >= $clear_after
                    and new_absent_since <= $now - to_microseconds($clear_microseconds)
                )
            )
            then $now
        else cleared_at
    end as cleared_at
from counted
"""

# Rows that stay as they are, as those of alerts that are over, are not written again.
REMEMBER = (
    "create or replace temporary table alerts_changed as from alerts_next except from ops.alerts",
    "delete from ops.alerts where alert_key in (select alert_key from alerts_changed)",
    "insert into ops.alerts by name from alerts_changed",
)

# An evaluation that finds the same will change what is remembered.
IS_PENDING = """
select count(*) > 0 from alerts_next
where cleared_at is null and (raised_at is null or absent_count > 0)
"""
