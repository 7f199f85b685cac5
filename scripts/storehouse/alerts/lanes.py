"""Alerts that lanes of `storehouse live` compute, and when runs leave them to these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from storehouse.alerts.state import exists
from storehouse.core.config import Settings
from storehouse.core.lock import holder
from storehouse.core.warehouse import transaction


@dataclass(frozen=True)
class LaneProblem:
    """Why alerts of a lane keep their last state: those of its `rules`."""

    lane: str
    rules: tuple[str, ...]
    problem: str


def rules_of_lanes(settings: Settings, con: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """The rules that a run leaves to lanes: those that lanes which are running evaluate.

    These read more of the event log than the run. What lanes that have stopped knew, the run tells:
    it may have read more.
    """
    rows = con.execute("select lane, rules from ops.alert_lanes where problem is null").fetchall()
    running = [rules for lane, rules in rows if holder(settings, lane=lane)]
    return tuple(sorted({rule for rules in running for rule in rules}))


def known_rules(con: duckdb.DuckDBPyConnection, lane: str) -> tuple[str, ...]:
    """The rules that a lane was last known to compute."""
    rows = con.execute(
        "select distinct unnest(rules) as rule from ops.alert_lanes where lane = ? order by rule",
        [lane],
    ).fetchall()
    return tuple(rule for (rule,) in rows)


def note_lane(
    con: duckdb.DuckDBPyConnection,
    lane: str,
    rules: Mapping[str | None, Sequence[str]],
    *,
    now: datetime,
) -> None:
    """Remember which rules of a lane were evaluated, under None, and by problem which were not."""
    with transaction(con):
        before = con.execute(
            "delete from ops.alert_lanes where lane = ? returning evaluated_at", [lane]
        ).fetchall()
        last = max((at for (at,) in before if at), default=None)
        for problem, some in rules.items():
            con.execute(
                "insert into ops.alert_lanes values (?, ?, ?, ?)",
                [lane, list(some), now if problem is None else last, problem],
            )


def note_run(settings: Settings, con: duckdb.DuckDBPyConnection) -> None:
    """Remember that a run has evaluated the rules of lanes that are not running."""
    lanes = con.execute("select distinct lane from ops.alert_lanes where problem is not null")
    stopped = [lane for (lane,) in lanes.fetchall() if not holder(settings, lane=lane)]
    con.execute(
        "update ops.alert_lanes set problem = null where list_contains(?::varchar[], lane)",
        [stopped],
    )


def lane_problems(con: duckdb.DuckDBPyConnection) -> tuple[LaneProblem, ...]:
    """Of each lane, the rules that are not evaluated, and why."""
    if not exists(con, "ops.alert_lanes"):
        return ()
    rows = con.execute(
        "select lane, rules, problem from ops.alert_lanes where problem is not null order by all"
    ).fetchall()
    return tuple(LaneProblem(lane, tuple(rules), problem) for lane, rules, problem in rows)


def evaluated_at(con: duckdb.DuckDBPyConnection) -> datetime | None:
    """When alerts were last evaluated, by a run or a lane; None before the first time."""
    queries = ["select evaluated_at from ops.alert_evaluations"]
    if exists(con, "ops.alert_lanes"):
        queries.append("select evaluated_at from ops.alert_lanes")
    ((at,),) = con.execute(
        f"select max(evaluated_at) from ({' union all '.join(queries)})"
    ).fetchall()
    return at  # type: ignore[no-any-return]
