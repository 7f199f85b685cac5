"""The lanes of the speed layer as processes: started, handed over to a new base, started again.

A lane's successor reads the log from the new base to its end before the old one stops, and shows
its first file when that has stopped. So readers never see a gap, or go back to an older base.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from storehouse.core.config import Settings
from storehouse.core.errors import ConfigError, StorehouseError
from storehouse.live.layer.bases import Base, read_base
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

_LOOK_SECONDS = 0.2
_STOP_SECONDS = 30.0
# A lane that fails is started again after 1, 2, 4, … seconds, at most so many.
_LONGEST_PAUSE_SECONDS = 60.0


@dataclass
class _Child:
    lane: str
    base: Base
    process: BaseProcess
    pipe: Connection

    def stop(self) -> None:
        with suppress(OSError):  # it has ended
            self.pipe.send(STOP)
        self.process.join(_STOP_SECONDS)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.pipe.close()


class LiveLayer:
    """All lanes of the newest base's program, or those named.

    `note` is told in words what happens. With `replayed`, the lanes begin with the log's first
    event on nothing, and stay with that: there is no hand-over.
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
        self._children: dict[str, _Child] = {}
        self._failures: dict[str, tuple[int, float]] = {}

    @property
    def lanes(self) -> tuple[str, ...]:
        return self._named or self._base.program.lanes

    @property
    def build_id(self) -> str:
        return self._base.build_id

    def start(self) -> None:
        """Start all lanes, and wait until each shows its first file. Raises StorehouseError."""
        for lane in self.lanes:
            self._children[lane] = self._begin(lane)
        for lane in self.lanes:
            self._show(self._children[lane])

    def run(self, until: Callable[[], bool]) -> None:
        """Look after the lanes until `until()`; a lane that fails does not stop the others."""
        while not until():
            self._restart_failed()
            if not self._replayed:
                self._hand_over()
            time.sleep(_LOOK_SECONDS)

    def stop(self) -> None:
        for child in self._children.values():
            child.stop()
        self._children.clear()

    def _begin(self, lane: str) -> _Child:
        ours, theirs = self._context.Pipe()
        start = Start(
            self._settings, lane, self._base, dict(self._environ), self._pace, self._replayed
        )
        process = self._context.Process(target=run_lane, args=(start, theirs), daemon=True)
        process.start()
        theirs.close()
        return _Child(lane, self._base, process, ours)

    def _show(self, child: _Child, before: _Child | None = None) -> None:
        """Wait until a lane has caught up, stop the one `before` it, and have it show."""
        self._expect(child, CAUGHT_UP)
        if before is not None:
            before.stop()
        with suppress(OSError):  # _expect tells why
            child.pipe.send(SHOW)
        self._expect(child, SHOWN)

    def _expect(self, child: _Child, expected: str) -> None:
        try:
            kind, said = child.pipe.recv()
        except (EOFError, OSError):
            kind, said = FAILED, "its process ended"
        if kind != expected:
            child.process.join(_STOP_SECONDS)
            raise _LaneError(f"Lane {child.lane} could not start: {said}")

    def _hand_over(self) -> None:
        folder = newest_base(self._settings.home)
        if folder is None or folder.name == self._base.build_id:
            return
        found = read_base(self._settings)
        if found is None:
            return
        self._base = found
        self._note(f"Build {found.build_id} is published: lanes are handed over to it.")
        for lane in list(self._children):
            if lane not in found.program.lanes:
                self._children.pop(lane).stop()
        for lane in self.lanes:
            self._replace(lane)

    def _replace(self, lane: str) -> None:
        before = self._children.get(lane)
        successor = self._begin(lane)
        try:
            self._show(successor, before)
        except _LaneError as error:
            self._failed(lane, str(error))
            if before is None or not before.process.is_alive():
                self._children.pop(lane, None)
            return
        self._children[lane] = successor
        self._failures.pop(lane, None)

    def _restart_failed(self) -> None:
        for lane in self.lanes:
            child = self._children.get(lane)
            if child is not None and not child.process.is_alive():
                self._failed(lane, f"Lane {lane} ended: {_last_words(child)}")
                del self._children[lane]
            elif child is None and time.monotonic() >= self._failures.get(lane, (0, 0.0))[1]:
                self._replace(lane)

    def _failed(self, lane: str, reason: str) -> None:
        count = self._failures.get(lane, (0, 0.0))[0]
        pause = min(2.0**count, _LONGEST_PAUSE_SECONDS)
        self._failures[lane] = (count + 1, time.monotonic() + pause)
        self._note(f"{reason.rstrip('.')}. It is started again in {pause:,.0f} s.")


class _LaneError(StorehouseError):
    """A lane that did not start."""


def _last_words(child: _Child) -> str:
    try:
        while child.pipe.poll():
            kind, said = child.pipe.recv()
            if kind == FAILED:
                return str(said)
    except (EOFError, OSError):
        pass
    return f"its process ended with code {child.process.exitcode}"
