"""A lane's alerts: found when what they read has changed, apart from its reports of now."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import duckdb
import pyarrow as pa

from storehouse.alerts.findings import COLUMNS, nothing
from storehouse.core.config import Settings
from storehouse.live.alerts.found import LaneFound, write_found
from storehouse.live.layer.lane import Lane

# Alerts are found at most once in so many seconds, and for at most this share of a lane's time.
_SECONDS = 1.0
_SHARE = 0.25
# How often they are found although nothing has changed: a source that delivers nothing any more is
# not up to date, which only the time tells.
_SAME_SECONDS = 60.0
# How often the lane says that it is there although nothing has changed, and after how long
# without that it is away; a lane with a long time between micro-batches needs more.
_HEARTBEAT_SECONDS = 10.0
AWAY_SECONDS = 60.0
# Columns without which nothing can be remembered of an alert.
_NEEDED = ("alert_key", "alert_rule", "severity", "subject", "detail", "is_event", "is_stale")
BEHIND = "live is behind the event log"


@dataclass
class _Rule:
    """A rule, what was found of it last, and when; `has_changed` if what it reads has since."""

    name: str
    table: str
    every_seconds: float
    rows: pa.Table = field(default_factory=nothing)
    problem: str | None = None
    has_changed: bool = True
    found_at: float = -math.inf

    def is_due(self, now: float) -> bool:
        waited = now - self.found_at
        return waited >= _SAME_SECONDS or (self.has_changed and waited >= self.every_seconds)


class LaneAlerts:
    """The alerts of one lane, in its process.

    `every` is the time between its micro-batches in seconds; `clock` tells seconds that pass.
    """

    def __init__(
        self,
        settings: Settings,
        lane: Lane,
        *,
        every: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings, self._lane, self._clock = settings, lane, clock
        alerts = [one for one in lane.memory.relations if one.alert_lane == lane.name]
        self._rules = {
            one.name: _Rule(one.name.removeprefix("alert_"), one.table, one.every_seconds or 0.0)
            for one in sorted(alerts, key=lambda one: one.name)
        }
        self._good_seconds = max(AWAY_SECONDS, 3 * every)
        self._next = self._told_at = 0.0
        self._was_behind = False

    def follow(self, changed: set[str], *, is_behind: bool) -> None:
        """After a micro-batch: find what is due, and tell the notifier.

        `changed` are the relations that may have changed; the lane `is_behind` if the log had more
        events than it has taken. Raises OSError.
        """
        if not self._rules:
            return
        begun = self._clock()
        for name in self._rules.keys() & changed:
            self._rules[name].has_changed = True
        due = [one for one in self._rules.values() if one.is_due(begun)]
        if due and begun >= self._next:
            for rule in due:
                self._find(rule, begun)
            self._next = begun + max(_SECONDS, (self._clock() - begun) / _SHARE)
        elif is_behind == self._was_behind and begun < self._told_at + _HEARTBEAT_SECONDS:
            return
        self._was_behind = is_behind
        self._tell(BEHIND if is_behind else None)
        self._told_at = begun

    def _find(self, rule: _Rule, begun: float) -> None:
        """One that fails is tried again when it is due next.

        Rows that an alert can't take are no fault of the lane, whose reports go on.
        """
        rule.found_at = begun
        try:
            rule.rows, rule.problem = self._found(rule.table), None
        except (duckdb.Error, pa.ArrowInvalid) as error:
            reason = " ".join(str(error).split())[:300]
            rule.rows, rule.problem = nothing(), f"live could not compute it: {reason}"
        rule.has_changed = rule.problem is not None

    def _found(self, table: str) -> pa.Table:
        query = f"select {COLUMNS}, false as is_operation from {table} order by alert_key"
        found = self._lane.memory.con.sql(query).to_arrow_table()
        if lacking := [name for name in _NEEDED if found[name].null_count]:
            raise pa.ArrowInvalid(f"a row has no {', no '.join(lacking)}")
        schema = nothing().schema
        return found.select(schema.names).cast(schema)

    def _tell(self, problem: str | None) -> None:
        now = datetime.now(UTC).replace(tzinfo=None)
        write_found(
            self._settings,
            LaneFound(
                self._lane.name,
                self._lane.base.build_id,
                self._lane.offset,
                now,
                now + timedelta(seconds=self._good_seconds),
                tuple(one.name for one in self._rules.values()),
                problem,
                pa.concat_tables(one.rows for one in self._rules.values()),
                {one.name: one.problem for one in self._rules.values() if one.problem},
            ),
        )
