"""The lanes of the speed layer as processes: started, handed over to a new base, started again.

A lane's successor reads the log from the new base to its end before the old one stops. When that
has stopped, it reads on to what that may have shown, and shows its first file. So readers never see
a gap, an older base, or an earlier event. One that fails is tried again while the old one goes on.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from storehouse.core.config import Settings
from storehouse.core.errors import ConfigError, LockedError, StorehouseError
from storehouse.core.lock import hold
from storehouse.live.layer.bases import Base, is_withdrawn, read_base
from storehouse.live.layer.lane import spill_dir
from storehouse.live.layer.now_files import take_away
from storehouse.live.layer.process import (
    CAUGHT_UP,
    FAILED,
    SHOW,
    SHOWN,
    STOP,
    Pace,
    Start,
    run_lane,
)
from storehouse.log.bases import newest_base
from storehouse.serving.published_files import remove

_LOOK_SECONDS = 0.1
_STOP_SECONDS = 5.0
# A lane that fails is started again after 1, 2, 4, … seconds, at most so many.
_LONGEST_PAUSE_SECONDS = 60.0


@dataclass
class _Child:
    """A lane's process; `spill` is where it keeps what exceeds its memory."""

    base: Base
    process: BaseProcess
    pipe: Connection
    spill: Path

    def tell(self, message: str) -> None:
        with suppress(OSError):  # it has ended, as is noticed when it is asked
            self.pipe.send(message)

    def heard(self) -> tuple[str, str] | None:
        """What it has said since; FAILED with the reason if it has ended."""
        is_alive = self.process.is_alive()
        with suppress(EOFError, OSError):
            if self.pipe.poll():
                kind, said = self.pipe.recv()
                return kind, str(said)
        if is_alive:
            return None
        return FAILED, f"its process ended with code {self.process.exitcode}"

    def stop(self) -> None:
        """Its state is the base and the log, so it may also be killed."""
        self.tell(STOP)
        self.process.join(_STOP_SECONDS)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.pipe.close()
        remove(self.spill)  # of one that was killed


@dataclass
class _Lane:
    """The process that shows a lane, and the one that shall take its place."""

    name: str
    showing: _Child | None = None
    successor: _Child | None = None
    shown_at: float = 0.0
    failures: int = 0
    again_at: float = 0.0

    def tell(self, message: str) -> None:
        for child in (self.successor, self.showing):
            if child is not None:
                child.tell(message)

    def stop(self) -> None:
        for child in (self.successor, self.showing):
            if child is not None:
                child.stop()
        self.successor = self.showing = None


class LiveLayer:
    """All lanes of the newest base's program, or those named.

    `note` is told in words what happens. With `replayed`, the lanes begin with the log's first
    event on nothing, and stay with that: there is no hand-over. Raises ConfigError without a base
    or for a lane that there isn't.
    """

    def __init__(
        self,
        settings: Settings,
        environ: Mapping[str, str],
        *,
        lanes: Sequence[str] = (),
        pace: Pace = Pace(),  # noqa: B008  frozen
        replayed: bool = False,
        note: Callable[[str], None],
    ) -> None:
        self._settings, self._environ, self._pace = settings, environ, pace
        self._replayed, self._note = replayed, note
        self._context = multiprocessing.get_context("spawn")
        base = read_base(settings)
        if base is None:
            raise ConfigError(
                "There is no base for live yet. Run `storehouse run`: it writes one after it has "
                "published a build."
            )
        unknown = [lane for lane in lanes if lane not in base.program.lanes]
        if unknown:
            raise ConfigError(
                f"There is no lane {', '.join(unknown)}. Lanes: {', '.join(base.program.lanes)}."
            )
        self._named = tuple(lanes)
        self._base = base
        self._is_withdrawn = False
        self._lanes: dict[str, _Lane] = {}
        self._locks: dict[str, ExitStack] = {}

    @property
    def lanes(self) -> tuple[str, ...]:
        return self._named or self._base.program.lanes

    @property
    def build_id(self) -> str:
        return self._base.build_id

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lanes, as run() needs them; stop them at last.

        Raises LockedError for one that another process shows.
        """
        try:
            for name in self.lanes:
                self._claim(name)
            yield
        finally:
            for lane in self._lanes.values():
                lane.tell(STOP)
            for name in list(self._lanes):
                self._release(name)

    def run(self, until: Callable[[], bool], started: Callable[[], None]) -> bool:
        """Look after the lanes until `until()`; `started` is called once they show their files.

        Returns whether they did. A lane that fails is tried again and does not hold up the others.
        Raises StorehouseError if all have failed before one has started.
        """
        has_started = False
        while not until():
            if not self._replayed:
                self._look_for_base()
            for lane in self._lanes.values():
                self._look_after(lane)
            if not has_started and all(one.showing or one.failures for one in self._lanes.values()):
                if not any(one.showing for one in self._lanes.values()):
                    raise StorehouseError("No lane of live could start, for the reasons above.")
                has_started = True
                started()
            time.sleep(_LOOK_SECONDS)
        return has_started

    def _claim(self, name: str) -> None:
        """Two processes would overwrite each other's files."""
        with ExitStack() as stack:
            stack.enter_context(hold(self._settings, "storehouse live", lane=name))
            remove(spill_dir(self._settings, name))  # of those that a killed live had
            self._locks[name] = stack.pop_all()
        self._lanes[name] = _Lane(name)

    def _release(self, name: str) -> None:
        self._lanes.pop(name).stop()
        self._locks.pop(name).close()

    def _look_for_base(self) -> None:
        """Go on from a new base; show nothing of one whose build was withdrawn."""
        folder = newest_base(self._settings.home)
        if folder is not None and folder.name != self._base.build_id:
            found = read_base(self._settings)
            if found is not None and found.build_id != self._base.build_id:
                self._base = found
                self._note(f"Build {found.build_id} is published: lanes are handed over to it.")
                self._follow_lanes()
        was, self._is_withdrawn = self._is_withdrawn, is_withdrawn(self._settings, self._base)
        if self._is_withdrawn and not was:
            self._note(
                f"Build {self._base.build_id} was withdrawn: lanes wait for the next one. Reports "
                "of now are those of the published build."
            )
            for lane in self._lanes.values():
                lane.stop()
            take_away(self._settings, self.lanes)

    def _follow_lanes(self) -> None:
        """Lanes that models have gained or lost."""
        there = self._base.program.lanes
        for name in set(self._lanes) - set(there):
            self._release(name)
            take_away(self._settings, [name])
        for name in there if not self._named else ():
            if name not in self._lanes:
                with suppress(LockedError):  # another process shows it
                    self._claim(name)

    def _look_after(self, lane: _Lane) -> None:
        self._hear(lane)
        if lane.showing is not None and not lane.showing.process.is_alive():
            ended, lane.showing = lane.showing, None
            self._failed(lane, f"Lane {lane.name} ended: {_last_words(ended)}")
            ended.stop()
        is_due = lane.showing is None or lane.showing.base is not self._base
        if not is_due and time.monotonic() > lane.shown_at + _LONGEST_PAUSE_SECONDS:
            lane.failures = 0
        may_begin = not self._is_withdrawn and time.monotonic() >= lane.again_at
        if is_due and may_begin and lane.successor is None:
            lane.successor = self._begin(lane.name)

    def _hear(self, lane: _Lane) -> None:
        """Let a successor take over once it has caught up."""
        successor = lane.successor
        heard = successor.heard() if successor is not None else None
        if successor is None or heard is None:
            return
        kind, said = heard
        if kind == CAUGHT_UP:
            if lane.showing is not None:
                lane.showing.stop()
                lane.showing = None
            successor.tell(SHOW)
            return
        lane.successor = None
        if kind == SHOWN:
            lane.showing, lane.shown_at = successor, time.monotonic()
            return
        successor.stop()
        newest = newest_base(self._settings.home)
        if newest is not None and newest.name == successor.base.build_id:  # else it was removed
            self._failed(lane, f"Lane {lane.name} could not start: {said}")

    def _begin(self, lane: str) -> _Child:
        ours, theirs = self._context.Pipe()
        start = Start(
            self._settings, lane, self._base, dict(self._environ), self._pace, self._replayed
        )
        process = self._context.Process(target=_run, args=(theirs,), daemon=True)
        process.start()
        theirs.close()
        with suppress(OSError):  # it was killed, as is noticed when it is asked
            ours.send(start)
        spill = spill_dir(self._settings, lane, process.pid)
        return _Child(self._base, process, ours, spill)

    def _failed(self, lane: _Lane, reason: str) -> None:
        pause = min(2.0**lane.failures, _LONGEST_PAUSE_SECONDS)
        lane.failures += 1
        lane.again_at = time.monotonic() + pause
        self._note(f"{reason.rstrip('.')}. It is started again in {pause:,.0f} s.")


def _run(parent: Connection) -> None:
    """Run the lane that the parent names.

    As an argument of the process, a program is larger than a pipe holds: the parent would wait
    forever for one that is killed before it has read it.
    """
    try:
        start: Start = parent.recv()
    except EOFError:
        return  # the parent is gone
    run_lane(start, parent)


def _last_words(child: _Child) -> str:
    while (heard := child.heard()) is not None:
        kind, said = heard
        if kind == FAILED:
            return said
    return "its process ended"
