"""What lanes find, compared with what is remembered: by the same evaluation as a run's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from storehouse.alerts.declaration import AlertSettings
from storehouse.alerts.evaluation import Concerned, evaluate
from storehouse.alerts.findings import nothing, of_lane
from storehouse.alerts.lanes import known_rules, note_lane
from storehouse.alerts.state import opened
from storehouse.alerts.watch import time_zones_of
from storehouse.core.config import Settings
from storehouse.live.alerts.found import LaneFound, file_of, read_found
from storehouse.live.alerts.lane import AWAY_SECONDS

# An alert that is about to be raised or cleared is evaluated again after so long, and all others so
# that what is listed says when they were evaluated.
_PENDING_SECONDS = 1.0
_SAME_SECONDS = 60.0


@dataclass
class _Lane:
    """What a lane's file says, and what of it was compared last, and when."""

    name: str
    file_id: tuple[int, int] | None = None
    found: LaneFound | None = None
    compared: LaneFound | None = None
    compared_at: datetime | None = None
    problem: str | None = None
    is_pending: bool = False


class Comparing:
    """Compares what lanes find when it has changed. `now` is UTC, without zone.

    Files of lanes from before are removed: the caller holds the lanes' locks.
    """

    def __init__(
        self,
        settings: Settings,
        alert_settings: AlertSettings,
        lanes: Sequence[str],
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._settings, self._alert_settings, self._now = settings, alert_settings, now
        self._time_zones = time_zones_of(settings)
        self._lanes = [_Lane(name) for name in lanes]
        self._started = now()
        for name in lanes:
            file_of(settings, name).unlink(missing_ok=True)

    def poll(self) -> bool:
        """Compare what has changed since the last time; whether an alert was raised or cleared.

        Raises LockedError if the state can't be opened, and duckdb.Error.
        """
        news = [self._look_at(lane) for lane in self._lanes]
        return any(news)

    def stop(self, problem: str) -> bool:
        """As `poll`; then alerts of lanes keep their state, and `problem` says why."""
        has_news = self.poll()
        for lane in self._lanes:
            self._compare(lane, problem)
            file_of(self._settings, lane.name).unlink(missing_ok=True)
        return has_news

    def _look_at(self, lane: _Lane) -> bool:
        self._read(lane)
        problem = self._problem(lane)
        waited = (self._now() - (lane.compared_at or self._started)).total_seconds()
        if lane.found is None and problem is None:
            return False  # it has just begun
        is_due = (
            lane.compared_at is None
            or problem != lane.problem
            or not _is_same(lane)
            or (problem is None and lane.is_pending and waited >= _PENDING_SECONDS)
            or (problem is None and waited >= _SAME_SECONDS)
        )
        return is_due and self._compare(lane, problem)

    def _read(self, lane: _Lane) -> None:
        try:
            status = file_of(self._settings, lane.name).stat()
        except FileNotFoundError:
            return
        file_id = (status.st_mtime_ns, status.st_ino)
        if file_id != lane.file_id:
            lane.file_id, lane.found = file_id, read_found(self._settings, lane.name)

    def _problem(self, lane: _Lane) -> str | None:
        if lane.found is None:
            is_late = (self._now() - self._started).total_seconds() > AWAY_SECONDS
            return "live has not computed it since it began" if is_late else None
        if self._now() > lane.found.good_until:
            return f"live has not computed it since {lane.found.as_of:%Y-%m-%d %H:%M} UTC"
        return lane.found.problem

    def _compare(self, lane: _Lane, problem: str | None) -> bool:
        now, found = self._now(), lane.found
        # What a lane found that is behind counts, but not what one found that is away.
        rows = found.rows if found and problem == found.problem else nothing()
        has_news = False
        with opened(self._settings) as con:
            rules = found.rules if found else known_rules(con, lane.name)
            if rules:
                evaluation = evaluate(
                    con,
                    self._alert_settings,
                    of_lane(rows, problem),
                    Concerned(rules, True, self._alert_settings.clear_seconds),
                    time_zones=self._time_zones,
                    now=now,
                )
                note_lane(con, lane.name, rules, now=now, problem=problem)
                lane.is_pending = evaluation.is_pending
                has_news = bool(evaluation.raised or evaluation.cleared)
        lane.compared, lane.compared_at, lane.problem = found, now, problem
        return has_news


def _is_same(lane: _Lane) -> bool:
    """Whether the rows are those that were compared."""
    if lane.found is None or lane.compared is None:
        return lane.found is lane.compared
    return bool(lane.found.rows.equals(lane.compared.rows))
