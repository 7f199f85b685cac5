"""When each lane showed which event: each of its files of now, opened as soon as it is there."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event as Flag
from threading import Thread

import duckdb

from storehouse.core.config import Settings
from storehouse.core.errors import ProofError
from storehouse.core.sql import literal
from storehouse.live.layer.bases import read_base
from storehouse.serving.now_files import NowState, link_of, read_state

# A look reads where links point, which takes microseconds. Only a new file is opened.
_LOOK_SECONDS = 0.005
_WAIT_SECONDS = 0.05


@dataclass
class Shown:
    """When offsets were first seen in a lane's file: parallel lists, both growing.

    `went_back` counts files that rest on an older build, or end at an older event, than one before.
    `opened` counts files that were seen, `swaps` all that the lane has written from the first one.
    """

    offsets: list[int] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)
    builds: list[str] = field(default_factory=list)
    went_back: int = 0
    opened: int = 0
    swaps: int = 0
    _last: tuple[str, int] = ("", -1)

    def see(self, state: NowState, moment: float) -> None:
        self.opened += 1
        build, offset = self._last
        self.went_back += state.build_id < build or state.log_offset < offset
        self._last = (state.build_id, state.log_offset)
        if state.build_id not in self.builds:
            self.builds.append(state.build_id)
        if state.log_offset > max(self.offsets[-1:], default=-1):
            self.offsets.append(state.log_offset)
            self.moments.append(moment)

    def seen_at(self, offset: int) -> float | None:
        """When an event was first shown, by time.monotonic; None: not yet."""
        place = bisect_left(self.offsets, offset)
        return self.moments[place] if place < len(self.moments) else None


class Watch(Thread):
    """Looks at the files of all lanes in turn. `problem` says why it ended early."""

    def __init__(self, settings: Settings, lanes: Sequence[str]) -> None:
        super().__init__(daemon=True)
        self._settings = settings
        self._stopped = Flag()
        self.lanes = {lane: Shown() for lane in lanes}
        self.problem = ""

    def run(self) -> None:
        try:
            # Attaching a file takes a twentieth of the time of a database of its own.
            with duckdb.connect() as con:
                files: dict[str, Path] = {}
                while not self._stopped.wait(_LOOK_SECONDS):
                    for lane in self.lanes:
                        self._look(con, lane, files)
        except Exception as error:  # noqa: BLE001  whoever waits is told
            self.problem = f"{type(error).__name__}: {error}"

    def _look(self, con: duckdb.DuckDBPyConnection, lane: str, files: dict[str, Path]) -> None:
        """See a lane's file if its link points to another one than before."""
        link = link_of(self._settings, lane)
        try:
            file = link.readlink()
        except FileNotFoundError:  # the lane has shown nothing yet
            return
        before = files.get(lane)
        if file == before:
            return
        try:
            con.execute(f"attach {literal(link.parent / file)} as seen (read_only)")
        except duckdb.IOException:
            if link.readlink() == file:
                raise
            return  # it was replaced, and removed some seconds later, before it was opened
        try:
            state = read_state(con, "seen.")
        finally:
            con.execute("detach seen")
        files[lane] = file
        shown = self.lanes[lane]
        shown.swaps += int(file.parent.name) - int(before.parent.name) if before else 1
        shown.see(state, time.monotonic())

    def wait_for(self, offset: int, build_id: str = "", *, seconds: float) -> None:
        """Wait until all lanes show an event, on that build or a later one. Raises ProofError."""
        until = time.monotonic() + seconds
        while not all(
            one.seen_at(offset) is not None and max(one.builds, default="") >= build_id
            for one in self.lanes.values()
        ):
            if time.monotonic() > until or not self.is_alive():
                raise ProofError(
                    f"Event {offset:,} was not shown by all lanes in {seconds:.0f} s. "
                    f"{self.problem or 'Look at what storehouse live reports'}."
                )
            time.sleep(_WAIT_SECONDS)

    def stop(self) -> None:
        self._stopped.set()
        self.join()


@contextmanager
def watching(settings: Settings) -> Iterator[Watch]:
    """A watch over all lanes of the newest base, as long as the block."""
    base = read_base(settings)
    watch = Watch(settings, base.program.lanes if base else ())
    watch.start()
    try:
        yield watch
    finally:
        watch.stop()
