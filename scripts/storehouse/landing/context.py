"""One running load: what all of its tables share, and its results so far."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb

from storehouse.core.config import Settings
from storehouse.core.display import readable
from storehouse.core.errors import StorehouseError, TableError
from storehouse.core.progress import Progress
from storehouse.landing import load_log
from storehouse.landing.report import LoadReport, Rejection, TableCounts


@dataclass
class Run:
    """What all tables of one load share, and its results so far."""

    settings: Settings
    con: duckdb.DuckDBPyConnection
    batch: load_log.Batch
    spool: Path
    progress: Progress
    now: Callable[[], datetime]
    tables: list[TableCounts] = field(default_factory=list)
    rejections: list[Rejection] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unmatched: list[str] = field(default_factory=list)
    errors: list[StorehouseError] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def spool_path(self, suffix: str) -> Path:
        """A new working file below the home folder; removed at the end of the load."""
        return self.spool / f"{next(self.numbers)}{suffix}"

    def count(self, counts: TableCounts) -> None:
        """Add to the counts of a table, which may arrive in more ways than one."""
        for place, one in enumerate(self.tables):
            if (one.source, one.table) == (counts.source, counts.table):
                self.tables[place] = one.plus(counts)
                return
        self.tables.append(counts)

    def note(self, message: str) -> None:
        message = readable(message)
        self.notes.append(message)
        self.progress.note(message)

    @contextmanager
    def noting(self) -> Iterator[None]:
        """A file that is only for people stops nothing if it can't be written."""
        try:
            yield
        except TableError as error:
            self.note(str(error))

    def report(self) -> LoadReport:
        return LoadReport(
            batch_id=self.batch.batch_id,
            loaded_at=self.batch.loaded_at,
            tables=tuple(self.tables),
            rejections=tuple(self.rejections),
            notes=tuple(self.notes),
            unmatched=tuple(self.unmatched),
            errors=tuple(self.errors),
        )
