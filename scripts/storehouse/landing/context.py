"""One load under way: what all of its tables share, and what it has come to so far."""

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
    """What all tables of one load share, and what it has come to so far."""

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
        """A working file of its own, below the home folder; removed with the load."""
        return self.spool / f"{next(self.numbers)}{suffix}"

    def note(self, message: str) -> None:
        message = readable(message)
        self.notes.append(message)
        self.progress.note(message)

    @contextmanager
    def noting(self) -> Iterator[None]:
        """What is written for people to read stops nothing where it can't be written."""
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
