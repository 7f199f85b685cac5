"""A lane's alerts: found when what they read has changed, apart from its reports of now."""

from __future__ import annotations

import time
from collections.abc import Callable
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
        self._names = {one.name for one in alerts}
        self._tables = {one.name.removeprefix("alert_"): one.table for one in alerts}
        self._good_seconds = max(AWAY_SECONDS, 3 * every)
        self._rows = nothing()
        self._failed: dict[str, str] = {}
        self._is_due = True
        self._next = self._again = self._told_at = 0.0
        self._was_behind = False

    def follow(self, changed: set[str], *, is_behind: bool) -> None:
        """After a micro-batch: find what is due, and tell the notifier.

        `changed` are the relations that may have changed; the lane `is_behind` if the log had more
        events than it has taken. Raises OSError.
        """
        if not self._names:
            return
        begun = self._clock()
        self._is_due = self._is_due or bool(self._names & changed) or begun >= self._again
        if self._is_due and begun >= self._next:
            self._find()
            took = self._clock() - begun
            self._next, self._again = begun + max(_SECONDS, took / _SHARE), begun + _SAME_SECONDS
        elif is_behind == self._was_behind and begun < self._told_at + _HEARTBEAT_SECONDS:
            return
        self._was_behind = is_behind
        self._tell(BEHIND if is_behind else None)
        self._told_at = begun

    def _find(self) -> None:
        """Each rule by itself; one that fails is tried again when alerts are due next.

        Rows that an alert can't take are no fault of the lane, whose reports go on.
        """
        rows, self._failed = [nothing()], {}
        for rule, table in sorted(self._tables.items()):
            try:
                rows.append(self._found(table))
            except (duckdb.Error, pa.ArrowInvalid) as error:
                reason = " ".join(str(error).split())[:300]
                self._failed[rule] = f"live could not compute it: {reason}"
        self._rows = pa.concat_tables(rows)
        self._is_due = bool(self._failed)

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
                tuple(sorted(self._tables)),
                problem,
                self._rows,
                self._failed,
            ),
        )
