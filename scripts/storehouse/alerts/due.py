"""What there is to tell of alerts, from when on, and when it is quiet, in SQL."""

from __future__ import annotations

from collections.abc import Mapping

# That of the alert's source, or else of the first one.
_LOCAL_ZONE = "coalesce($zones[list_position($sources::varchar[], source_name)], $zones[1])"

# Of alerts that are cleared, those that are over: an open alert whose key theirs continue has not
# taken their place, as that of a rule does of its findings.
IS_OVER = """
not exists (
    from ops.alerts as wider
    where wider.raised_at is not null and wider.cleared_at is null
        and wider.alert_rule = ended.alert_rule
        and starts_with(ended.alert_key, wider.alert_key || ':')
)
"""

# What is for information is due at the next digest, all else at once.
NOTE_WHAT_IS_DUE = f"""
insert into ops.alert_notices
with due as (
    select alert_key, raised_at, 'raised' as kind, severity, source_name
    from ops.alerts where raised_at is not null and cleared_at is null
    union all
    select alert_key, raised_at, 'cleared', severity, source_name
    from ops.alerts as ended
    where $send_cleared and cleared_at = $now and raised_at is not null
        and not is_event and severity <> 'info' and {IS_OVER}
),
local as (
    select
        *,
        {_LOCAL_ZONE} as local_zone,
        timezone(local_zone, timezone('UTC', $now::timestamp)) as local_at,
        local_at::time as local_time,
        local_at::date as local_day
    from due
)
select alert_key, raised_at, kind,
    if(severity = 'info',
        timezone('UTC', timezone(local_zone, local_day + $digest_at::time
            + if(local_time >= $digest_at::time, interval '1 day', interval '0 days'))),
        $now::timestamp) as due_at
from local
where not exists (
    from ops.alert_notices as noted
    where noted.alert_key = local.alert_key and noted.raised_at = local.raised_at
        and noted.kind = local.kind
)
"""

# Of notices with severity and source_name, those that may be sent at $now: critical ones at any
# time, others while it is not quiet.
NOT_HELD_BACK = """
where severity = 'critical' or not coalesce(
    if($quiet_from <= $quiet_until,
        local_time >= $quiet_from::time and local_time < $quiet_until::time,
        local_time >= $quiet_from::time or local_time < $quiet_until::time), false)
"""
LOCAL_TIME = f"timezone({_LOCAL_ZONE}, timezone('UTC', $now::timestamp))::time as local_time"


def zone_parameters(time_zones: Mapping[str, str]) -> dict[str, object]:
    """What these queries are given of the time zones of sources."""
    return {"sources": list(time_zones), "zones": list(time_zones.values())}
