"""The hand of landing.py: one raw table, its columns, and storing a group of files in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from storehouse import ledger
from storehouse.config import Settings
from storehouse.declarations import TableDeclaration
from storehouse.errors import LoadError
from storehouse.sources.delivery import BadRow, Layout
from storehouse.sources.reading import FILE, quoted, select_files

_ARRIVALS = "_storehouse_arrivals"

# What DuckDB's messages say when the fault is the disk's and not the file's.
_DISK_FULL = ("No space left", "Disk quota", "File too large", "failed to offload", "write file")


@dataclass(frozen=True)
class Ready:
    """A file to be stored: `path` is what DuckDB reads, `entry` its ledger row so far.

    `rows` is how many rows it must have, where it was counted while it was rewritten.
    """

    entry: ledger.Entry
    path: Path
    rows: int | None = None
    bad_rows: tuple[BadRow, ...] = field(default=())


class Unreadable(Exception):
    """DuckDB can't read a group of files as declared; says why."""


@dataclass(frozen=True)
class RawTable:
    """A raw table in the warehouse. Raises LoadError where it can't be written."""

    con: duckdb.DuckDBPyConnection
    settings: Settings
    declaration: TableDeclaration

    @property
    def name(self) -> str:
        return f"{quoted(self.declaration.schema)}.{quoted(self.declaration.table)}"

    def prepare(self) -> None:
        """Create the table where it is missing, and columns declared since it was made."""
        columns = {column.name: "varchar" for column in self.declaration.columns}
        columns |= dict(self.settings.technical_columns)
        listed = ", ".join(f"{quoted(name)} {kind}" for name, kind in columns.items())
        with self._writing():
            self.con.execute(f"create schema if not exists {quoted(self.declaration.schema)}")
            self.con.execute(f"create table if not exists {self.name} ({listed})")
            for name, kind in columns.items():
                self.con.execute(
                    f"alter table {self.name} add column if not exists {quoted(name)} {kind}"
                )

    def read(self, files: Sequence[Ready], layout: Layout) -> list[int]:
        """Read a group into a temporary table; the number of rows of each file.

        Raises Unreadable where the files are not as declared.
        """
        select = select_files(self.declaration, layout)
        try:
            self.con.execute(
                f"create temporary table {_ARRIVALS} as {select}",
                {"paths": [str(file.path) for file in files]},
            )
        except duckdb.Error as error:
            if _is_disk_full(error):
                raise self._not_written(error) from error
            raise Unreadable(_first_lines(error)) from error
        found = self.con.execute(
            f"select {FILE}, count(*), max(rowid) - min(rowid) + 1 from {_ARRIVALS} group by all"
        ).fetchall()
        # Rows are numbered by their place in the temporary table.
        if any(count != span for _, count, span in found):
            raise Unreadable("DuckDB mixed the rows of several files")
        counts = {index: count for index, count, _ in found}
        return [counts.get(index, 0) for index in range(len(files))]

    def store(self, batch: ledger.Batch, names: Sequence[str]) -> None:
        """Add what was read to the table; `names` are those of its files, in their order."""
        self.con.execute(
            f"""
            insert into {self.name} by name
            select
                arrivals.* exclude ({FILE}),
                $batch_id as _batch_id,
                $loaded_at::timestamp as _loaded_at,
                places.name as _source_file,
                arrivals.rowid - places.first_row + 1 as _row_number,
            from {_ARRIVALS} as arrivals
            inner join (
                select
                    {FILE} as index,
                    ($names::varchar[])[{FILE}::bigint + 1] as name,
                    min(rowid) as first_row,
                from {_ARRIVALS}
                group by all
            ) as places on arrivals.{FILE} = places.index
            """,
            {"batch_id": batch.batch_id, "loaded_at": batch.loaded_at, "names": list(names)},
        )
        self.con.execute(f"drop table {_ARRIVALS}")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, whatever the block raises."""
        with self._writing():
            self.con.begin()
            try:
                yield
                self.con.commit()
            except BaseException:
                with suppress(duckdb.Error):
                    self.con.rollback()
                raise

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except duckdb.Error as error:
            raise self._not_written(error) from error

    def _not_written(self, error: duckdb.Error) -> LoadError:
        return LoadError(
            f"{self.declaration.label} could not be written to {self.settings.warehouse}: "
            f"{_first_lines(error)}. Free space on that disk, or mend what DuckDB names, and "
            "run again: what was committed stays, nothing is half-written."
        )


def _is_disk_full(error: duckdb.Error) -> bool:
    fatal: tuple[Any, ...] = (duckdb.FatalException, duckdb.OutOfMemoryException)
    return isinstance(error, fatal) or any(words in str(error) for words in _DISK_FULL)


def _first_lines(error: duckdb.Error) -> str:
    """DuckDB's message without its possible fixes, which are not ours."""
    message = str(error).partition("Possible")[0].split("\n\n")[0]
    return " ".join(message.split()).rstrip(".")
