"""Comparing what models find now with what is remembered, in SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import duckdb

from storehouse.alerts.declaration import AlertSettings
from storehouse.alerts.due import IS_OVER, NOTE_WHAT_IS_DUE, zone_parameters
from storehouse.alerts.state import exists, prepare
from storehouse.core.warehouse import transaction

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
    case when is_found then found.stale_reason when is_judged then null else $problem end
        as stale_reason,
    if(is_found, found.is_operation, is_operation) as is_operation,
    if(is_found, found.is_event, is_event) as is_event,
    case when is_found then found.is_stale when is_judged then false else true end as is_stale,
    if(is_found, found.occurred_at, occurred_at) as occurred_at,
    if(begins, $now, first_seen_at) as first_seen_at,
    if(is_found, $now, last_seen_at) as last_seen_at,
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
            and (new_absent_count >= $clear_after or raised_at is null or is_event)
            then $now
        else cleared_at
    end as cleared_at
from counted
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


def knows_operation(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether dbt has built the view of alerts on operation."""
    return exists(con, _ON_OPERATION)


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
    on_the_shop = problem is None and exists(con, _ON_THE_SHOP)
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
            NOTE_WHAT_IS_DUE,
            {
                "now": now,
                **zone_parameters(time_zones),
                "send_cleared": alert_settings.send_cleared,
                "digest_at": alert_settings.digest_at,
            },
        )
        con.execute("insert into ops.alert_evaluations values (?, ?)", [now, problem])
    ((open_count,),) = con.execute(
        "select count(*) from ops.alerts where raised_at is not null and cleared_at is null"
    ).fetchall()
    return Evaluation(
        raised=_alerts(con, "raised_at = ? and cleared_at is null", now),
        cleared=_alerts(
            con, f"cleared_at = ? and raised_at is not null and not is_event and {IS_OVER}", now
        ),
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
    if on_the_shop and exists(con, _FRESHNESS):
        con.execute(
            "update alerts_found set is_stale = true, stale_reason = freshness.age_description "
            f"from {_FRESHNESS} as freshness "
            "where alerts_found.source_name = freshness.source_name and freshness.is_stale"
        )
    if on_operation:
        con.execute(f"insert into alerts_found select {_COLUMNS}, true from {_ON_OPERATION}")


def _alerts(con: duckdb.DuckDBPyConnection, condition: str, now: datetime) -> tuple[Alert, ...]:
    rows = con.execute(
        "select alert_key, severity, subject, detail, is_stale, stale_reason "
        f"from ops.alerts as ended where {condition} order by severity <> 'critical', "
        "severity <> 'warning', alert_key",
        [now],
    ).fetchall()
    return tuple(Alert(*row) for row in rows)
