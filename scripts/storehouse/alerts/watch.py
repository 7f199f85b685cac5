"""Evaluating alerts after a run and delivering them; listing and acknowledging them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from storehouse.alerts.declaration import SEVERITIES, read_alert_settings
from storehouse.alerts.delivery import Delivered, deliver, send
from storehouse.alerts.evaluation import Alert, evaluate
from storehouse.alerts.notices import Message
from storehouse.alerts.state import is_prepared, prepare
from storehouse.core.config import Settings
from storehouse.core.errors import ConfigError, UnknownName
from storehouse.core.guard import unexpected
from storehouse.core.warehouse import connect, transaction
from storehouse.landing.load_log import utc

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

    `evaluated_at` is that of the last evaluation, UTC without zone; None before the first.
    """

    evaluated_at: datetime | None
    alerts: tuple[Mapping[str, Any], ...]


def after_run(
    settings: Settings, *, now: Callable[[], datetime], problem: str | None = None
) -> AlertReport:
    """Evaluate all alerts and deliver them; `problem` says how the run failed, if it did.

    Never raises an error of alerts: they must not be in the way of the run.
    """
    try:
        alert_settings = read_alert_settings(settings)
        time_zones = {name: settings.shops[name]["time_zone"] for name in settings.sources}
        with connect(settings) as con:
            found = evaluate(
                con,
                alert_settings,
                time_zones=time_zones,
                now=utc(now()),
                problem=problem,
            )
            delivered = deliver(con, alert_settings, time_zones=time_zones, now=lambda: utc(now()))
    except Exception as error:  # noqa: BLE001  # whatever it is, the run stands
        return AlertReport(problem=f"Alerts: {unexpected('evaluating them', error)}")
    return AlertReport(found.raised, found.cleared, found.open_count, delivered)


def open_alerts(settings: Settings) -> AlertList:
    """All open alerts. Raises ConfigError if there is no warehouse, LockedError during a run."""
    with connect(settings, read_only=True) as con:
        if not is_prepared(con):
            return AlertList(None, ())
        ((evaluated_at,),) = con.execute(
            "select max(evaluated_at) from ops.alert_evaluations"
        ).fetchall()
        cursor = con.execute(
            """
            with sent as (
                select alert_key, raised_at, list_sort(list(target_name)) as targets
                from ops.alert_deliveries where kind = 'raised' group by all
            )
            select alerts.* exclude (present_count, absent_count, cleared_at),
                coalesce(sent.targets, []) as sent_to
            from ops.alerts as alerts
            left join sent using (alert_key, raised_at)
            where raised_at is not null and cleared_at is null
            order by severity <> 'critical', severity <> 'warning', first_seen_at, alert_key
            """
        )
        names = [column[0] for column in cursor.description or ()]
        rows = cursor.fetchall()
    return AlertList(evaluated_at, tuple(dict(zip(names, row, strict=True)) for row in rows))


def open_counts(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """How many alerts are open, by severity; all zero before the first evaluation."""
    counts = dict.fromkeys(SEVERITIES, 0)
    if is_prepared(con):
        counts.update(
            con.execute(
                f"select severity, count(*) from ops.alerts where {_OPEN} group by severity"
            ).fetchall()
        )
    return counts


def acknowledge(settings: Settings, alert_key: str, *, now: Callable[[], datetime]) -> datetime:
    """Acknowledge an open alert, so that it is sent to no one any more; returns when that was.

    Raises UnknownName if no such alert is open.
    """
    with connect(settings) as con:
        prepare(con)
        with transaction(con):
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
