"""Writing a lane's reports of now for readers: an immutable file, and a link that is switched.

    live/now/<lane>/<number>/now_<lane>.duckdb  ◀─ published/now_<lane>.duckdb

Link and file share a stem, as published builds do (serving.published_files).
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from storehouse.core.config import Settings
from storehouse.core.sql import literal
from storehouse.live.layer.program import Relation
from storehouse.serving.published_files import remove

_STORAGE_VERSION = "v1.4.0"
# A reader that has resolved the link opens its file within this time.
_KEPT_SECONDS = 10


@dataclass(frozen=True)
class Now:
    """What a file of now is of: the base's build and the offset of the log; `as_of` is UTC.

    `lag_seconds` is how long its newest events took from being read to being shown.
    """

    lane: str
    build_id: str
    log_offset: int
    as_of: datetime
    events_per_second: float
    lag_seconds: float
    quarantined_count: int


class NowFiles:
    """The files of one lane."""

    def __init__(self, settings: Settings, lane: str) -> None:
        self._folder = settings.home / "live" / "now" / lane
        self._name = f"now_{lane}.duckdb"
        self._link = settings.published_dir / self._name
        self._folder.mkdir(parents=True, exist_ok=True)
        self._link.parent.mkdir(parents=True, exist_ok=True)
        self._kept = sorted(
            (time.monotonic(), folder) for folder in self._folder.iterdir() if folder.name.isdigit()
        )
        self._number = max((int(folder.name) for _, folder in self._kept), default=0)

    def write(self, con: duckdb.DuckDBPyConnection, reports: Sequence[Relation], now: Now) -> None:
        """Write a file and have the link point to it. Raises duckdb.Error and OSError."""
        self._number += 1
        folder = self._folder / f"{self._number:012}"
        folder.mkdir()
        file = folder / self._name
        con.execute(f"attach {literal(file)} as now_file (storage_version '{_STORAGE_VERSION}')")
        try:
            con.begin()
            for schema in dict.fromkeys((*(one.schema for one in reports), "meta")):
                con.execute(f'create schema now_file."{schema}"')
            for one in reports:
                con.execute(f"create table now_file.{one.table} as from {one.table}")
            con.execute(
                """
                create table now_file.meta.now (
                    lane varchar, build_id varchar, log_offset bigint, as_of timestamp,
                    events_per_second decimal(18, 1), lag_seconds decimal(18, 3),
                    quarantined_count bigint
                )
                """
            )
            con.execute("insert into now_file.meta.now values (?, ?, ?, ?, ?, ?, ?)", astuple(now))
            con.commit()
        finally:
            con.execute("detach now_file")
        self._switch(file)
        self._kept.append((time.monotonic(), folder))
        self._remove_old()

    def _switch(self, file: Path) -> None:
        aside = self._link.with_name(f".{self._link.stem}.tmp")
        aside.unlink(missing_ok=True)
        aside.symlink_to(os.path.relpath(file, self._link.parent))
        aside.replace(self._link)

    def _remove_old(self) -> None:
        """All but the newest and those that a reader may be about to open."""
        until = time.monotonic() - _KEPT_SECONDS
        while len(self._kept) > 1 and self._kept[0][0] < until:
            remove(self._kept.pop(0)[1])


def take_away(settings: Settings, lanes: Sequence[str]) -> None:
    """Remove the links and files of lanes: readers find the published build again."""
    for lane in lanes:
        (settings.published_dir / f"now_{lane}.duckdb").unlink(missing_ok=True)
        remove(settings.home / "live" / "now" / lane)
