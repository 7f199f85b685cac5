"""Writing a lane's reports of now for readers: an immutable file, and a link that is switched.

    live/now/<lane>/<number>/now_<lane>.duckdb  ◀─ published/now_<lane>.duckdb

Link and file share a stem, as published builds do (serving.published_files). A replay is written to
live/replay and published/replay_<lane>.duckdb, where no report looks for the present.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

import duckdb

from storehouse.core.config import Settings
from storehouse.core.sql import literal
from storehouse.live.layer.program import Relation
from storehouse.serving.now_files import NOW, REPLAY, NowState, link_of, write_state
from storehouse.serving.published_files import STORAGE_VERSION, point, remove

# A reader that has resolved the link opens its file within this time.
_KEPT_SECONDS = 10


class NowFiles:
    """The files of one lane. No other process may write them."""

    def __init__(self, settings: Settings, lane: str, kind: str = NOW) -> None:
        self._folder = settings.home / "live" / kind / lane
        self._link = link_of(settings, lane, kind)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._link.parent.mkdir(parents=True, exist_ok=True)
        found = sorted(one for one in self._folder.iterdir() if one.name.isdigit())
        self._number = max((int(folder.name) for folder in found), default=0)
        self._newest: Path | None = None
        # Folders, and when they were replaced.
        self._old = deque((folder, time.monotonic()) for folder in found)

    def write(
        self, con: duckdb.DuckDBPyConnection, reports: Sequence[Relation], state: NowState
    ) -> None:
        """Write a file and have the link point to it. Raises duckdb.Error and OSError."""
        self._number += 1
        folder = self._folder / f"{self._number:012}"
        folder.mkdir()
        file = folder / self._link.name
        con.execute(f"attach {literal(file)} as now_file (storage_version '{STORAGE_VERSION}')")
        try:
            con.begin()
            for schema in dict.fromkeys(one.schema for one in reports):
                con.execute(f'create schema now_file."{schema}"')
            for one in reports:
                con.execute(f"create table now_file.{one.table} as from {one.table}")
            write_state(con, state, "now_file.")
            con.commit()
        finally:
            con.execute("detach now_file")
        # A lane begins anew from its base: no file has to outlast a loss of power.
        point(self._link, file, durable=False)
        if self._newest is not None:
            self._old.append((self._newest, time.monotonic()))
        self._newest = folder
        self._remove_old()

    def _remove_old(self) -> None:
        """All but those that a reader may be about to open."""
        until = time.monotonic() - _KEPT_SECONDS
        while self._old and self._old[0][1] < until:
            remove(self._old.popleft()[0])


def take_away(settings: Settings, lanes: Sequence[str]) -> None:
    """Remove links and files of lanes: readers find the published build again."""
    for lane in lanes:
        for kind in (NOW, REPLAY):
            link_of(settings, lane, kind).unlink(missing_ok=True)
            remove(settings.home / "live" / kind / lane)
