"""What lanes find, compared with what is remembered: by the same evaluation as a run's."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from storehouse.alerts.declaration import AlertSettings
from storehouse.alerts.evaluation import Concerned, evaluate
from storehouse.alerts.findings import nothing, of_lane
from storehouse.alerts.lanes import known_rules, note_lane
from storehouse.alerts.state import Kept, opened
from storehouse.alerts.watch import time_zones_of
from storehouse.core.config import Settings
from storehouse.core.guard import unexpected
from storehouse.core.lock import holder
from storehouse.live.alerts.found import LaneFound, file_of, read_found
from storehouse.live.alerts.lane import AWAY_SECONDS, BEHIND

# An alert that is about to be raised or cleared is evaluated again after so long, and all others so
# that what is listed says when they were evaluated.
_PENDING_SECONDS = 1.0
_SAME_SECONDS = 60.0
# What alerts say in words changes with each event (a stock, a rate); none is raised by that.
_WORDS_SECONDS = 5.0
# After so long, a lane that could not be compared is tried again.
_RETRY_SECONDS = 1.0


@dataclass
class _Lane:
    """What a lane's file says, and what of it was compared last, and when."""

    name: str
    since: datetime
    file_id: tuple[int, int] | None = None
    found: LaneFound | None = None
    compared: LaneFound | None = None
    compared_at: datetime | None = None
    problem: str | None = None
    is_pending: bool = False
    # By problem, the rules that were not evaluated; what of that was noted; when to try again.
    left: dict[str, list[str]] = field(default_factory=dict)
    noted: str | None = None
    again_at: datetime | None = None


class Comparing:
    """Compares what `lanes()` find when it has changed. `now` is UTC, without zone.

    Files of lanes from before are removed: the caller holds the lanes' locks. What a lane can't
    evaluate holds up neither its other rules nor other lanes; `note` is told, once.
    """

    def __init__(
        self,
        settings: Settings,
        alert_settings: AlertSettings,
        lanes: Callable[[], Sequence[str]],
        *,
        now: Callable[[], datetime],
        note: Callable[[str], None],
    ) -> None:
        self._settings, self._alert_settings, self._now = settings, alert_settings, now
        self._note = note
        self._kept = Kept()  # the state is opened some three times a second
        self._time_zones = time_zones_of(settings)
        self._names = lanes
        self._lanes: dict[str, _Lane] = {}
        for name in lanes():
            self._add(name)

    def poll(self) -> bool:
        """Compare what has changed since the last time; whether an alert was raised or cleared."""
        self._follow_lanes()
        now = self._now()
        due = [one for one in self._lanes.values() if one.again_at is None or one.again_at <= now]
        news = [self._tried(self._look_at, lane) for lane in due]
        return any(news)

    def stop(self, problem: str) -> bool:
        """As `poll`; then alerts of lanes keep their state, and `problem` says why."""

        def end(lane: _Lane) -> bool:
            return self._compare(lane, problem)

        lanes = self._lanes.values()
        news = [self._tried(self._look_at, lane) for lane in lanes]
        for lane in lanes:
            self._tried(end, lane)
            self._remove_file(lane.name)
        self._kept.close()
        return any(news)

    def _add(self, name: str) -> None:
        self._remove_file(name)
        self._lanes[name] = _Lane(name, self._now())

    def _remove_file(self, name: str) -> None:
        with suppress(OSError):
            file_of(self._settings, name).unlink()

    def _follow_lanes(self) -> None:
        """Lanes that a hand-over has added, once this process holds them, or taken away."""
        names = self._names()
        for name in self._lanes.keys() - set(names):
            self._tried(self._forget, self._lanes.pop(name))
        for name in names:
            if name not in self._lanes:
                who = holder(self._settings, lane=name)
                if who and who.pid == os.getpid():
                    self._add(name)

    def _forget(self, lane: _Lane) -> bool:
        """Runs evaluate what were its rules."""
        with opened(self._settings, self._kept) as con:
            note_lane(con, lane.name, {}, now=self._now())
        return False

    def _tried(self, compare: Callable[[_Lane], bool], lane: _Lane) -> bool:
        """Whatever goes wrong, other lanes go on, and alerts of this one say so."""
        try:
            has_news = compare(lane)
        except Exception as error:  # noqa: BLE001  # it is tried again
            problem = str(unexpected("evaluating them", error)).rstrip(".")
            lane.again_at = self._now() + timedelta(seconds=_RETRY_SECONDS)
            self._say(lane, f"{problem}. It is tried again")
            with suppress(Exception):  # the state itself may be out of reach
                self._compare(lane, problem)
            return False
        lane.again_at = None
        return has_news

    def _say(self, lane: _Lane, problem: str | None) -> None:
        if problem and problem != lane.noted:
            self._note(f"Alerts of lane {lane.name}: {problem}.")
        elif lane.noted and not problem:
            self._note(f"Alerts of lane {lane.name}: they are evaluated again.")
        lane.noted = problem

    def _look_at(self, lane: _Lane) -> bool:
        self._read(lane)
        problem = self._problem(lane)
        waited = (self._now() - (lane.compared_at or lane.since)).total_seconds()
        if lane.found is None and problem is None:
            return False  # it has just begun
        is_due = (
            lane.compared_at is None
            or problem != lane.problem
            or not _is_same(lane, but=("detail",))
            or (waited >= _WORDS_SECONDS and not _is_same(lane))
            or (problem is None and lane.is_pending and waited >= _PENDING_SECONDS)
            or (problem is None and waited >= _SAME_SECONDS)
        )
        if not is_due:
            return False
        has_news = self._compare(lane, problem)
        faults = (f"{', '.join(some)}: {why}" for why, some in lane.left.items() if why != BEHIND)
        self._say(lane, "; ".join(faults).rstrip(".") or None)
        return has_news

    def _read(self, lane: _Lane) -> None:
        try:
            status = file_of(self._settings, lane.name).stat()
        except FileNotFoundError:
            return
        file_id = (status.st_mtime_ns, status.st_ino)
        if file_id != lane.file_id:
            lane.found = read_found(self._settings, lane.name)
            lane.file_id = file_id

    def _problem(self, lane: _Lane) -> str | None:
        if lane.found is None:
            is_late = (self._now() - lane.since).total_seconds() > AWAY_SECONDS
            return "live has not computed it since it began" if is_late else None
        if self._now() > lane.found.good_until:
            return f"live has not computed it since {lane.found.as_of:%Y-%m-%d %H:%M} UTC"
        return lane.found.problem

    def _compare(self, lane: _Lane, problem: str | None) -> bool:
        now, found = self._now(), lane.found
        # What a lane found that is behind counts, but not what one found that is away.
        counts = found is not None and problem == found.problem
        rows, failed = (found.rows, found.failed) if found and counts else (nothing(), {})
        with opened(self._settings, self._kept) as con:
            by_problem: dict[str | None, list[str]] = {}
            for rule in found.rules if found else known_rules(con, lane.name):
                by_problem.setdefault(failed.get(rule, problem), []).append(rule)
            evaluations = [
                evaluate(
                    con,
                    self._alert_settings,
                    of_lane(rows, why),
                    Concerned(tuple(rules), True, self._alert_settings.clear_seconds),
                    time_zones=self._time_zones,
                    now=now,
                )
                for why, rules in by_problem.items()
            ]
            if by_problem:
                note_lane(con, lane.name, by_problem, now=now)
        lane.left = {why: rules for why, rules in by_problem.items() if why is not None}
        lane.is_pending = any(one.is_pending for one in evaluations)
        lane.compared, lane.compared_at, lane.problem = found, now, problem
        return any(one.raised or one.cleared for one in evaluations)


def _is_same(lane: _Lane, but: Sequence[str] = ()) -> bool:
    """Whether what was found is what was compared, `but` for the columns named."""
    found, compared = lane.found, lane.compared
    if found is None or compared is None:
        return found is compared
    is_same = found.failed == compared.failed
    return is_same and bool(found.rows.drop_columns(but).equals(compared.rows.drop_columns(but)))
