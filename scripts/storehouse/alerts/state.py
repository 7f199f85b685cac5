"""What is remembered of alerts, in schema ops, and its comparison with what models find now.

Times are UTC. `ops.alerts` has a row for each alert that was ever found; `ops.alert_notices` what
there is to tell of it; `ops.alert_deliveries` what a target was told. One evaluation is one
transaction over the first two. A notice is sent before its delivery is written, so that a kill
between the two repeats that message and none is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import duckdb

from storehouse.alerts.declaration import AlertSettings
from storehouse.core.warehouse import transaction

_SCHEMA = """
create schema if not exists ops;
create table if not exists ops.alerts (
    alert_key varchar not null,      -- one row a key
    source_name varchar,
    alert_rule varchar not null,
    severity varchar not null,
    subject varchar not null,
    detail varchar not null,         -- as it was found last
    stale_reason varchar,
    is_operation boolean not null,   -- whether it is about loads and builds
    is_event boolean not null,
    is_stale boolean not null,
    occurred_at timestamp,
    first_seen_at timestamp not null,
    last_seen_at timestamp not null, -- the last evaluation that found it
    present_count integer not null,  -- evaluations in a row that found it
    absent_count integer not null,   -- evaluations in a row that did not
    raised_at timestamp,             -- when it counted as an alert; null until raise_after
    acknowledged_at timestamp,
    cleared_at timestamp             -- null while it is open
);
create table if not exists ops.alert_notices (
    alert_key varchar not null,
    raised_at timestamp not null,    -- which time that it was raised
    kind varchar not null,           -- raised, cleared
    due_at timestamp not null        -- not to be sent before: quiet hours, digest
);
create table if not exists ops.alert_deliveries (
    alert_key varchar not null,
    raised_at timestamp not null,
    kind varchar not null,
    target_name varchar not null,
    sent_at timestamp not null
);
create table if not exists ops.alert_evaluations (
    evaluated_at timestamp not null,
    problem varchar                  -- why alerts on the shop kept their last state; else null
);
"""

_COLUMNS = (
    "alert_key, source_name, alert_rule, severity, subject, detail, stale_reason, is_event, "
    "is_stale, occurred_at"
)

# Tables and views of models: alerts on the shop, and on operation.
_ON_THE_SHOP = "reports.rpt_alerts"
_ON_OPERATION = "alerts.alerts_on_operation"
# Whether a source is stale now: a build may have been long ago.
_FRESHNESS = "intermediate.int_source_freshness"

_COMPARE = """
create or replace temporary table alerts_next as
with compared as (
    select
        known.*,
        found,
        found.alert_key is not null as is_found,
        found.alert_key is not null
            or (case when known.is_operation then $operations else $shop end) as is_judged,
        known.alert_key is not null and known.cleared_at is null as was_open,
        -- What happened once is told once, also where it comes into sight again.
        coalesce(known.is_event and known.raised_at is not null, false) as is_told
    from ops.alerts as known
    full join alerts_found as found on known.alert_key = found.alert_key
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
            as new_absent_count
    from compared
)
select
    coalesce(found.alert_key, alert_key) as alert_key,
    if(is_found, found.source_name, source_name) as source_name,
    if(is_found, found.alert_rule, alert_rule) as alert_rule,
    if(is_found, found.severity, severity) as severity,
    if(is_found, found.subject, subject) as subject,
    if(is_found, found.detail, detail) as detail,
    case when is_found then found.stale_reason when is_judged then stale_reason else $problem end
        as stale_reason,
    if(is_found, found.is_operation, is_operation) as is_operation,
    if(is_found, found.is_event, is_event) as is_event,
    case when is_found then found.is_stale when is_judged then is_stale else true end as is_stale,
    if(is_found, found.occurred_at, occurred_at) as occurred_at,
    if(begins, $now, first_seen_at) as first_seen_at,
    if(is_found, $now, last_seen_at) as last_seen_at,
    new_present_count as present_count,
    new_absent_count as absent_count,
    case
        when is_found and (begins or raised_at is null)
            then if(new_present_count >= $raise_after, $now, null)
        else raised_at
    end as raised_at,
    if(begins, null, acknowledged_at) as acknowledged_at,
    case
        when is_found then null
        when
            was_open and is_judged
            and (new_absent_count >= $clear_after or raised_at is null or is_event)
            then $now
        else cleared_at
    end as cleared_at
from counted
"""

_NOTE = """
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


@dataclass(frozen=True)
class Alert:
    """An alert as it was last found. Times are UTC without zone."""

    alert_key: str
    severity: str
    subject: str
    detail: str
    is_stale: bool
    stale_reason: str | None


@dataclass(frozen=True)
class Evaluation:
    """What an evaluation changed: alerts that it raised and cleared, and how many are open."""

    raised: tuple[Alert, ...]
    cleared: tuple[Alert, ...]
    open_count: int


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Create the tables if they are missing."""
    with transaction(con):
        con.execute(_SCHEMA)


def is_prepared(con: duckdb.DuckDBPyConnection) -> bool:
    return _exists(con, "ops.alerts")


def knows_operation(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether dbt has built the view of alerts on operation."""
    return _exists(con, _ON_OPERATION)


def evaluate(
    con: duckdb.DuckDBPyConnection,
    alert_settings: AlertSettings,
    *,
    time_zones: Mapping[str, str],
    now: datetime,
    problem: str | None,
) -> Evaluation:
    """Compare what models find now with what is remembered, in one transaction.

    `time_zones` are those of the sources that are on, the shop's own first. If the run failed,
    `problem` says so: then alerts on the shop keep their last state and are marked as stale.
    """
    prepare(con)
    on_the_shop = problem is None and _exists(con, _ON_THE_SHOP)
    on_operation = knows_operation(con)
    with transaction(con):
        _collect(con, on_the_shop, on_operation)
        con.execute(
            _COMPARE,
            {
                "now": now,
                "problem": problem,
                "shop": on_the_shop,
                "operations": on_operation,
                "raise_after": alert_settings.raise_after,
                "clear_after": alert_settings.clear_after,
            },
        )
        con.execute("delete from ops.alerts")
        con.execute("insert into ops.alerts by name from alerts_next")
        con.execute(
            _NOTE,
            {
                "now": now,
                "sources": list(time_zones),
                "zones": list(time_zones.values()),
                "send_cleared": alert_settings.send_cleared,
                "digest_at": alert_settings.digest_at,
                "quiet_from": alert_settings.quiet_from,
                "quiet_until": alert_settings.quiet_until,
            },
        )
        con.execute("insert into ops.alert_evaluations values (?, ?)", [now, problem])
    ((open_count,),) = con.execute(
        "select count(*) from ops.alerts where raised_at is not null and cleared_at is null"
    ).fetchall()
    return Evaluation(
        raised=_alerts(con, "raised_at = ? and cleared_at is null", now),
        cleared=_alerts(con, "cleared_at = ? and raised_at is not null and not is_event", now),
        open_count=open_count,
    )


def _collect(con: duckdb.DuckDBPyConnection, on_the_shop: bool, on_operation: bool) -> None:
    """Gather what models find in alerts_found."""
    con.execute(
        f"create or replace temporary table alerts_found as "
        f"select {_COLUMNS}, false as is_operation from ops.alerts limit 0"
    )
    if on_the_shop:
        con.execute(f"insert into alerts_found select {_COLUMNS}, false from {_ON_THE_SHOP}")
    if on_the_shop and _exists(con, _FRESHNESS):
        con.execute(
            "update alerts_found set is_stale = true, stale_reason = freshness.age_description "
            f"from {_FRESHNESS} as freshness "
            "where alerts_found.source_name = freshness.source_name and freshness.is_stale"
        )
    if on_operation:
        con.execute(f"insert into alerts_found select {_COLUMNS}, true from {_ON_OPERATION}")


def _alerts(con: duckdb.DuckDBPyConnection, condition: str, now: datetime) -> tuple[Alert, ...]:
    rows = con.execute(
        "select alert_key, severity, subject, detail, is_stale, stale_reason from ops.alerts "
        f"where {condition} order by severity <> 'critical', severity <> 'warning', alert_key",
        [now],
    ).fetchall()
    return tuple(Alert(*row) for row in rows)


def _exists(con: duckdb.DuckDBPyConnection, relation: str) -> bool:
    schema, _, name = relation.partition(".")
    found = con.execute(
        "select 1 from information_schema.tables where table_catalog = current_database() "
        "and table_schema = ? and table_name = ?",
        [schema, name],
    )
    return bool(found.fetchall())
