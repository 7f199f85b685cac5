"""Evaluating alerts after a run and delivering them; listing and acknowledging them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from storehouse.alerts.declaration import SEVERITIES, read_alert_settings
from storehouse.alerts.delivery import Delivered, deliver, send
from storehouse.alerts.evaluation import Alert, Concerned, evaluate
from storehouse.alerts.findings import in_warehouse
from storehouse.alerts.lanes import (
    LaneProblem,
    evaluated_at,
    lane_problems,
    note_run,
    rules_of_lanes,
)
from storehouse.alerts.notices import Message
from storehouse.alerts.state import drop_old_tables, is_prepared, opened, reading
from storehouse.core.config import Settings
from storehouse.core.errors import ConfigError, UnknownName
from storehouse.core.guard import unexpected
from storehouse.core.warehouse import connect
from storehouse.landing.load_log import utc

_SHOWN = (
    "alert_key, source_name, alert_rule, severity, subject, detail, stale_reason, is_operation, "
    "is_event, is_stale, occurred_at, first_seen_at, last_seen_at, raised_at, acknowledged_at"
)
_OPEN = "raised_at is not null and cleared_at is null"


@dataclass(frozen=True)
class AlertReport:
    """One evaluation: what it raised and cleared, how many are open, what targets were sent.

    `problem` is why there was none.
    """

    raised: tuple[Alert, ...] = ()
    cleared: tuple[Alert, ...] = ()
    open_count: int = 0
    delivered: tuple[Delivered, ...] = ()
    problem: str | None = None


@dataclass(frozen=True)
class AlertList:
    """Open alerts, the most urgent first, each with the names of targets that were sent it.

    `evaluated_at` is that of the last evaluation, UTC without zone; None before the first. Lanes
    with `problems` may have more alerts.
    """

    evaluated_at: datetime | None
    alerts: tuple[Mapping[str, Any], ...]
    problems: tuple[LaneProblem, ...] = ()


def after_run(
    settings: Settings,
    *,
    now: Callable[[], datetime],
    problem: str | None = None,
) -> AlertReport:
    """Evaluate all alerts and deliver them; `problem` says how the run failed, if it did.

    Alerts of lanes are left to live while it computes them: it knows more than the run.

    Never raises an error of alerts: they must not be in the way of the run.
    """
    try:
        alert_settings = read_alert_settings(settings)
        time_zones = time_zones_of(settings)
        with connect(settings) as con:
            drop_old_tables(settings, con)
            findings = in_warehouse(con, problem)
        with opened(settings) as con:
            concerned = Concerned(rules_of_lanes(settings, con))
            found = evaluate(
                con, alert_settings, findings, concerned, time_zones=time_zones, now=utc(now())
            )
            if problem is None:
                note_run(settings, con)
        delivered = deliver(settings, alert_settings, time_zones=time_zones, now=lambda: utc(now()))
    except Exception as error:  # noqa: BLE001  # whatever it is, the run stands
        return AlertReport(problem=f"Alerts: {unexpected('evaluating them', error)}")
    return AlertReport(found.raised, found.cleared, found.open_count, delivered)


def time_zones_of(settings: Settings) -> dict[str, str]:
    """By source that is on, the shop's own first."""
    return {name: settings.shops[name]["time_zone"] for name in settings.sources}


def open_alerts(settings: Settings) -> AlertList:
    """All open alerts. Raises ConfigError if there is no warehouse."""
    with reading(settings) as con:
        if not is_prepared(con):
            return AlertList(None, ())
        cursor = con.execute(
            f"""
            with sent as (
                select alert_key, raised_at, list_sort(list(target_name)) as targets
                from ops.alert_deliveries where kind = 'raised' group by all
            )
            select {_SHOWN}, coalesce(sent.targets, []) as sent_to
            from ops.alerts as alerts
            left join sent using (alert_key, raised_at)
            where raised_at is not null and cleared_at is null
            order by severity <> 'critical', severity <> 'warning', first_seen_at, alert_key
            """
        )
        names = [column[0] for column in cursor.description or ()]
        rows = cursor.fetchall()
        return AlertList(
            evaluated_at(con),
            tuple(dict(zip(names, row, strict=True)) for row in rows),
            lane_problems(con),
        )


def open_counts(settings: Settings) -> dict[str, int]:
    """How many alerts are open, by severity; all zero before the first evaluation.

    Raises as open_alerts.
    """
    counts = dict.fromkeys(SEVERITIES, 0)
    with reading(settings) as con:
        if is_prepared(con):
            counts.update(
                con.execute(
                    f"select severity, count(*) from ops.alerts where {_OPEN} group by severity"
                ).fetchall()
            )
    return counts


def open_problems(settings: Settings) -> tuple[LaneProblem, ...]:
    """Lanes that may have more alerts. Raises as open_alerts."""
    with reading(settings) as con:
        return lane_problems(con)


def acknowledge(settings: Settings, alert_key: str, *, now: Callable[[], datetime]) -> datetime:
    """Acknowledge an open alert, so that it is sent to no one any more; returns when that was.

    Raises UnknownName if no such alert is open.
    """
    with opened(settings) as con:
        found = con.execute(
            "update ops.alerts set acknowledged_at = coalesce(acknowledged_at, ?) "
            f"where alert_key = ? and {_OPEN} returning acknowledged_at",
            [utc(now()), alert_key],
        ).fetchall()
    if not found:
        raise UnknownName(
            f"No alert with the key {alert_key!r} is open. `storehouse alerts` lists the open ones."
        )
    ((acknowledged_at,),) = found
    return acknowledged_at  # type: ignore[no-any-return]


def send_test(settings: Settings, only: str | None = None) -> tuple[Delivered, ...]:
    """Send a test message to all targets, or to one. Raises ConfigError if there are none."""
    alert_settings = read_alert_settings(settings)
    targets = [one for one in alert_settings.targets if only in (None, one.name)]
    if not targets:
        what = f"no target named {only!r}" if only else "no targets"
        raise ConfigError(
            f"{settings.alerts_file} has {what}. Add one under `targets`; docs/alerts.md shows how."
        )
    message = Message(
        "info", "Test message from storehouse", "If you can read this, alerts arrive here."
    )
    sent = []
    for target in targets:
        problem = send(target, message, alert_settings.timeout_seconds)
        sent.append(Delivered(target.name, int(problem is None), 0, problem))
    return tuple(sent)
