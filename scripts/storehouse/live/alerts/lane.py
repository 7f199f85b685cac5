"""A lane's alerts: found when what they read has changed, apart from its reports of now."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import duckdb

from storehouse.alerts.findings import COLUMNS, nothing
from storehouse.core.config import Settings
from storehouse.live.alerts.found import LaneFound, write_found
from storehouse.live.layer.lane import Lane

# Alerts are found at most once in so many seconds, and for at most this share of a lane's time.
_SECONDS = 1.0
_SHARE = 0.25
# How often the lane says that it is there although nothing has changed, and after how long
# without that it is away; a lane with a long time between micro-batches needs more.
_HEARTBEAT_SECONDS = 10.0
AWAY_SECONDS = 60.0
_BEHIND = "live is behind the event log"


class LaneAlerts:
    """The alerts of one lane, in its process.

    `every` is the time between its micro-batches in seconds.
    """

    def __init__(self, settings: Settings, lane: Lane, *, every: float) -> None:
        self._settings, self._lane = settings, lane
        alerts = [one for one in lane.memory.relations if one.alert_lane == lane.name]
        self._names = {one.name for one in alerts}
        self._rules = tuple(sorted(name.removeprefix("alert_") for name in self._names))
        self._query = " union all ".join(
            f"select {COLUMNS}, false as is_operation from {one.table}" for one in alerts
        )
        self._good_seconds = max(AWAY_SECONDS, 3 * every)
        self._rows = nothing()
        self._error: str | None = None
        self._is_due = True
        self._next = self._told_at = 0.0
        self._was_behind = False

    def follow(self, changed: set[str], *, is_behind: bool) -> None:
        """After a micro-batch: find what is due, and tell the notifier.

        `changed` are the relations that may have changed; the lane `is_behind` if the log had more
        events than it has taken. Raises OSError.
        """
        if not self._names:
            return
        self._is_due = self._is_due or bool(self._names & changed)
        begun = time.monotonic()
        if self._is_due and begun >= self._next:
            self._find()
            took = time.monotonic() - begun
            self._next = begun + max(_SECONDS, took / _SHARE)
        elif is_behind == self._was_behind and begun < self._told_at + _HEARTBEAT_SECONDS:
            return
        self._was_behind = is_behind
        self._tell(self._error or (_BEHIND if is_behind else None))
        self._told_at = begun

    def _find(self) -> None:
        """Rows that an alert can't take are no fault of the lane, whose reports go on."""
        self._is_due = False
        try:
            query = f"select * from ({self._query}) order by alert_key"
            self._rows, self._error = self._lane.memory.con.sql(query).to_arrow_table(), None
        except duckdb.Error as error:
            self._error = f"live could not compute it: {' '.join(str(error).split())[:300]}"

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
                self._rules,
                problem,
                self._rows,
            ),
        )
