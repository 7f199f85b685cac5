"""Alerts that lanes of `storehouse live` compute, and when runs leave them to these."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import duckdb

from storehouse.alerts.state import exists
from storehouse.core.config import Settings
from storehouse.core.lock import holder
from storehouse.core.warehouse import transaction


def rules_of_lanes(
    settings: Settings, con: duckdb.DuckDBPyConnection, since: datetime | None
) -> tuple[str, ...]:
    """The rules that a run which began at `since` (UTC, without zone) leaves to lanes.

    They are those of lanes that are running and have no problem, and of lanes that have evaluated
    them since: these read more of the event log than the run.
    """
    rows = con.execute("select lane, rules, evaluated_at, problem from ops.alert_lanes").fetchall()
    found: set[str] = set()
    for lane, rules, evaluated, problem in rows:
        is_newer = bool(since and evaluated and evaluated >= since)
        if is_newer or (problem is None and holder(settings, lane=lane)):
            found.update(rules)
    return tuple(sorted(found))


def known_rules(con: duckdb.DuckDBPyConnection, lane: str) -> tuple[str, ...]:
    """The rules that a lane was last known to compute."""
    rows = con.execute("select rules from ops.alert_lanes where lane = ?", [lane]).fetchall()
    return tuple(rows[0][0]) if rows else ()


def note_lane(
    con: duckdb.DuckDBPyConnection,
    lane: str,
    rules: Sequence[str],
    *,
    now: datetime,
    problem: str | None,
) -> None:
    """Remember that a lane's alerts were compared, or with a `problem` why they were not."""
    with transaction(con):
        before = con.execute(
            "delete from ops.alert_lanes where lane = ? returning evaluated_at", [lane]
        ).fetchall()
        evaluated = now if problem is None else (before[0][0] if before else None)
        con.execute(
            "insert into ops.alert_lanes values (?, ?, ?, ?)",
            [lane, list(rules), evaluated, problem],
        )


def evaluated_at(con: duckdb.DuckDBPyConnection) -> datetime | None:
    """When alerts were last evaluated, by a run or a lane; None before the first time."""
    queries = ["select evaluated_at from ops.alert_evaluations"]
    if exists(con, "ops.alert_lanes"):
        queries.append("select evaluated_at from ops.alert_lanes")
    ((at,),) = con.execute(
        f"select max(evaluated_at) from ({' union all '.join(queries)})"
    ).fetchall()
    return at  # type: ignore[no-any-return]
