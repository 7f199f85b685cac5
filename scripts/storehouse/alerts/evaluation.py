"""One evaluation of alerts, and what it changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import duckdb

from storehouse.alerts.comparison import COMPARE, FOUND, IS_PENDING, REMEMBER
from storehouse.alerts.declaration import AlertSettings
from storehouse.alerts.due import IS_OVER, NOTE_WHAT_IS_DUE, zone_parameters
from storehouse.alerts.findings import Findings
from storehouse.core.warehouse import transaction


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
    """What an evaluation changed: alerts that it raised and cleared, and how many are open.

    With `is_pending`, one that finds the same will raise or clear more.
    """

    raised: tuple[Alert, ...]
    cleared: tuple[Alert, ...]
    open_count: int
    is_pending: bool


@dataclass(frozen=True)
class Concerned:
    """What an evaluation is about: all alerts but those of `rules`, or only those of them.

    Alerts that are over are cleared when they have been for `clear_seconds`, too.
    """

    rules: tuple[str, ...] = ()
    only_rules: bool = False
    clear_seconds: float = 0


def evaluate(
    con: duckdb.DuckDBPyConnection,
    alert_settings: AlertSettings,
    findings: Findings,
    concerned: Concerned = Concerned(),
    *,
    time_zones: Mapping[str, str],
    now: datetime,
) -> Evaluation:
    """Compare what models find now with the state, open as `con`, in one transaction.

    `time_zones` are those of the sources that are on, the shop's own first.
    """
    con.register(FOUND, findings.rows)
    with transaction(con):
        con.execute(
            COMPARE,
            {
                "now": now,
                "problem": findings.problem,
                "shop": findings.knows_shop,
                "operations": findings.knows_operation,
                "raise_after": alert_settings.raise_after,
                "clear_after": alert_settings.clear_after,
                "clear_microseconds": int(concerned.clear_seconds * 1_000_000),
                "rules": list(concerned.rules),
                "only_rules": concerned.only_rules,
            },
        )
        for statement in REMEMBER:
            con.execute(statement)
        con.execute(
            NOTE_WHAT_IS_DUE,
            {
                "now": now,
                **zone_parameters(time_zones),
                "send_cleared": alert_settings.send_cleared,
                "digest_at": alert_settings.digest_at,
            },
        )
        if not concerned.only_rules:
            con.execute("insert into ops.alert_evaluations values (?, ?)", [now, findings.problem])
    ((is_pending,),) = con.execute(IS_PENDING).fetchall()
    ((open_count,),) = con.execute(
        "select count(*) from ops.alerts where raised_at is not null and cleared_at is null"
    ).fetchall()
    return Evaluation(
        raised=_alerts(con, "raised_at = ? and cleared_at is null", now),
        cleared=_alerts(
            con, f"cleared_at = ? and raised_at is not null and not is_event and {IS_OVER}", now
        ),
        open_count=open_count,
        is_pending=is_pending,
    )


def _alerts(con: duckdb.DuckDBPyConnection, condition: str, now: datetime) -> tuple[Alert, ...]:
    rows = con.execute(
        "select alert_key, severity, subject, detail, is_stale, stale_reason "
        f"from ops.alerts as ended where {condition} order by severity <> 'critical', "
        "severity <> 'warning', alert_key",
        [now],
    ).fetchall()
    return tuple(Alert(*row) for row in rows)
