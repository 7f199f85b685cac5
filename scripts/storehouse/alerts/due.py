"""What there is to tell of alerts, and from when on: quiet hours and the daily digest, in SQL."""

from __future__ import annotations

# Critical alerts are due at once, warnings after quiet hours, those for information at the next
# digest. Hours are those of the alert's source, or else of the first one.
NOTE_WHAT_IS_DUE = """
insert into ops.alert_notices
with zones as (
    select unnest($sources::varchar[]) as source_name, unnest($zones::varchar[]) as time_zone
),
due as (
    select alert_key, raised_at, 'raised' as kind, severity, source_name
    from ops.alerts where raised_at is not null and cleared_at is null
    union all
    select alert_key, raised_at, 'cleared', severity, source_name
    from ops.alerts
    where $send_cleared and cleared_at = $now and raised_at is not null
        and not is_event and severity <> 'info'
),
local as (
    select
        due.*,
        coalesce(zones.time_zone, $zones[1]) as local_zone,
        timezone(local_zone, timezone('UTC', $now::timestamp)) as local_at,
        local_at::time as local_time,
        local_at::date as local_day
    from due
    left join zones on due.source_name = zones.source_name
),
held as (
    select
        *,
        case
            when severity = 'critical' then local_at
            when severity = 'info'
                then local_day + $digest_at::time
                    + if(local_time >= $digest_at::time, interval '1 day', interval '0 days')
            when
                if($quiet_from <= $quiet_until,
                    local_time >= $quiet_from::time and local_time < $quiet_until::time,
                    local_time >= $quiet_from::time or local_time < $quiet_until::time)
                then local_day + $quiet_until::time
                    + if(local_time >= $quiet_until::time, interval '1 day', interval '0 days')
            else local_at
        end as held_until
    from local
)
select alert_key, raised_at, kind,
    if(held_until = local_at, $now::timestamp,
        timezone('UTC', timezone(local_zone, held_until))) as due_at
from held
where not exists (
    from ops.alert_notices as noted
    where noted.alert_key = held.alert_key and noted.raised_at = held.raised_at
        and noted.kind = held.kind
)
"""
