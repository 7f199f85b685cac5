"""A lane in a process of its own, which its parent starts, shows and stops by messages."""

from __future__ import annotations

import math
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from importlib.abc import MetaPathFinder
from multiprocessing.connection import Connection
from threading import Thread

from storehouse.core.config import Settings
from storehouse.core.errors import SourceUnavailable, StorehouseError
from storehouse.live.alerts.lane import LaneAlerts
from storehouse.live.layer.bases import Base
from storehouse.live.layer.lane import MEMORY, Lane
from storehouse.live.layer.now_files import NowFiles
from storehouse.log.event_log import EventLog, backlog_age
from storehouse.log.opening import log_address
from storehouse.serving.now_files import NOW, REPLAY, NowState

# From parent to child.
SHOW, STOP = "show", "stop"
# From child to parent: it has read the log to its end; it shows that; why it ended.
CAUGHT_UP, SHOWN, FAILED = "caught up", "shown", "failed"

EVERY = 0.05
_EVENTS = 50_000
# How often a file of now is written although nothing in it has changed: its offset and time.
_HEARTBEAT_SECONDS = 5.0
_RATE_SECONDS = 10.0
# After so long with a backlog, no further micro-batch begins before what is done is shown.
_LONGEST_SECONDS = 1.0
# A lane whose reports wait for a time that they declare leaves the processor to those that show
# each event at once: at this niceness it gets a third of what they get.
_WAITING_NICENESS = 5


@dataclass(frozen=True)
class Pace:
    """Seconds from the beginning of a micro-batch to that of the next, its most events, memory.

    Without `every`, they are those that a lane's reports declare, or else EVERY.
    """

    every: float | None = None
    events: int = _EVENTS
    memory: str = MEMORY


@dataclass(frozen=True)
class Start:
    """What a lane's process begins with; see Lane for `replayed`."""

    settings: Settings
    lane: str
    base: Base
    environ: Mapping[str, str]
    pace: Pace
    replayed: bool

    @property
    def declared(self) -> float | None:
        """The time between micro-batches that the lane's reports declare; None if one is given."""
        return None if self.pace.every else self.base.program.every_seconds(self.lane)


def run_lane(start: Start, parent: Connection) -> None:
    """Read the log to its end; when told to, show it and go on with new events until stopped."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends it
    sys.meta_path.insert(0, WithoutPandas())
    Thread(target=_end_with_parent, daemon=True).start()
    if start.declared:
        os.nice(_WAITING_NICENESS)
    try:
        with log_address(start.settings, start.environ).opened() as log:
            running = _Running(start, log)
            running.catch_up()
            parent.send((CAUGHT_UP, running.lane.offset))
            if parent.recv() == SHOW:
                running.catch_up()  # what the lane before it has shown, readers still find
                running.show()
                parent.send((SHOWN, running.lane.offset))
                running.follow(parent)
            running.lane.close()
    except EOFError:
        return  # the parent is gone
    except StorehouseError as error:
        _tell(parent, str(error))
    except Exception as error:  # noqa: BLE001  the parent reports it and starts the lane again
        _tell(parent, f"{type(error).__name__}: {' '.join(str(error).split())}")


class WithoutPandas(MetaPathFinder):
    """Lanes don't use it, and pyarrow would import it where it is: 50 MB, half a second each."""

    def find_spec(self, fullname: str, *_: object) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError(name=fullname)


def _end_with_parent() -> None:
    """Whoever starts lanes after a parent that was killed would have its files overwritten."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _tell(parent: Connection, reason: str) -> None:
    try:
        parent.send((FAILED, reason))
    except OSError:
        os._exit(1)


class _Running:
    """A lane that reads, and writes what it shows."""

    def __init__(self, start: Start, log: EventLog) -> None:
        self._start, self._log = start, log
        self.lane = Lane(
            start.settings,
            start.lane,
            start.base,
            log,
            memory=start.pace.memory,
            replayed=start.replayed,
        )
        self._files: NowFiles | None = None
        self._pace = start.pace
        self._every = start.pace.every or start.declared or EVERY
        self._names = {one.name for one in self.lane.reports}
        self._shown_at = self._looked_at = 0.0
        self._shown_offset = -1
        self._rate_since: tuple[float, int] = (time.monotonic(), 0)
        self._rate = 0.0

    def catch_up(self) -> None:
        """Read to the log's end as it is now, and once more to what was appended meanwhile."""
        for _ in range(2):
            self._advance(self._log.end())

    def follow(self, parent: Connection) -> None:
        alerts = LaneAlerts(self._start.settings, self.lane, every=self._every)
        while True:
            begun, end = time.monotonic(), self._log.end()
            changed = self._advance(end, max(self._every, _LONGEST_SECONDS))
            waiting = begun - self._shown_at
            has_moved = self.lane.offset != self._shown_offset
            is_due = waiting > _HEARTBEAT_SECONDS or (has_moved and waiting > 1)
            if is_due or self._names & changed:
                self.show()
            if not self._start.replayed:  # on nothing, alerts would be of another shop
                alerts.follow(changed, is_behind=self.lane.offset < end)
            if begun - self._looked_at > _HEARTBEAT_SECONDS:
                self._look_at_log()
            left = begun + self._every - time.monotonic()
            if parent.poll(max(left, 0)) and parent.recv() == STOP:
                return

    def _advance(self, end: int, seconds: float = math.inf) -> set[str]:
        """Take events up to number `end`, or for about so long; what may have changed."""
        changed: set[str] = set()
        until = time.monotonic() + seconds
        while self.lane.offset < end and time.monotonic() < until:
            some = self.lane.advance(self._pace.events)
            if some is None:
                break
            changed |= some
        return changed

    def _look_at_log(self) -> None:
        """Raises SourceUnavailable if the log that is open is not the one at its address."""
        address = log_address(self._start.settings, self._start.environ)
        if not address.exists:
            raise SourceUnavailable(f"{self._log.name} is gone.")
        with address.opened(prepared=False) as log:
            self.lane.refuse_another(log)
        self._looked_at = time.monotonic()

    def show(self) -> None:
        at = time.monotonic()
        since, before = self._rate_since
        events = self.lane.counts.events
        if at - since >= _RATE_SECONDS:
            self._rate = (events - before) / (at - since)
            self._rate_since = (at, events)
        now = datetime.now(UTC)
        lag = backlog_age(self._log, self.lane.offset, now)
        state = NowState(
            lane=self.lane.name,
            build_id=self.lane.base.build_id,
            log_offset=self.lane.offset,
            as_of=now.replace(tzinfo=None),
            events_per_second=Decimal(f"{self._rate:.1f}"),
            lag_seconds=Decimal(f"{lag.total_seconds():.3f}"),
            quarantined_count=self.lane.counts.quarantined,
        )
        if self._files is None:  # no other process writes the lane's files any more
            self._files = NowFiles(
                self._start.settings, self.lane.name, REPLAY if self._start.replayed else NOW
            )
        self._files.write(self.lane.memory.con, self.lane.reports, state)
        self._shown_at, self._shown_offset = at, self.lane.offset
