"""A raw table that is loaded from files: landing the rows of a group of files."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from storehouse.core.sql import quoted
from storehouse.core.write_errors import is_of_the_disk, remedy
from storehouse.landing import load_log
from storehouse.landing.raw_table import RawTable, first_lines
from storehouse.sources.declarations import TableDeclaration
from storehouse.sources.declarations.full import NoOrder, Place
from storehouse.sources.files.delivery import BadRow, Layout
from storehouse.sources.reading import FILE, select_files

# DuckDB numbers rows with one thread, so a group is read in shares, in parallel. A share fills two
# of DuckDB's row groups as nearly as the files allow: the next checkpoint rewrites emptier ones,
# and a share of less than one row group is not written while it is read.
_SHARE_ROWS = 2 * 122_880

_MISCOUNTED = "DuckDB counts its rows differently from Python"


@dataclass(frozen=True)
class Ready:
    """A file to be stored: `path` is what DuckDB reads, `entry` its entry in the load log so far.

    `entry.row_count` is how many rows it must have, as counted by Python.
    """

    entry: load_log.Entry
    path: Path
    bad_rows: tuple[BadRow, ...] = field(default=())


class Unreadable(Exception):
    """DuckDB can't read a group of files as declared."""


@dataclass(frozen=True)
class FileTable(RawTable):
    """A raw table that is loaded from files; raises as RawTable does."""

    declaration: TableDeclaration

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; without insertion order, DuckDB may read shares in parallel."""
        try:
            with super().transaction():
                self.con.execute("set preserve_insertion_order = false")
                yield
        finally:
            with suppress(duckdb.Error):
                self.con.execute("reset preserve_insertion_order")

    def store(self, batch: load_log.Batch, files: Sequence[Ready], layout: Layout) -> None:
        """Add the rows of a group of files of one layout, each numbered from 1; in a transaction.

        Raises Unreadable if the files are not as declared or their row counts differ.
        """
        shares = _shares(files)
        parameters: dict[str, object] = {"batch_id": batch.batch_id, "loaded_at": batch.loaded_at}
        for i, share in enumerate(shares):
            counts = (file.entry.row_count for file in share)
            parameters |= {
                f"paths_{i}": [str(file.path) for file in share],
                f"names_{i}": [file.entry.source_file for file in share],
                f"starts_{i}": [0, *itertools.accumulate(counts)],
            }
        selects = " union all ".join(self._select(layout, i) for i in range(len(shares)))
        try:
            inserted = self.con.execute(f"insert into {self.name} by name {selects}", parameters)
            ((count,),) = inserted.fetchall()
        except duckdb.Error as error:
            if is_of_the_disk(error) or isinstance(error, duckdb.ConstraintException):
                raise
            what = f"; {remedy(error)}" if isinstance(error, duckdb.OutOfMemoryException) else ""
            raise Unreadable(first_lines(error) + what) from error
        if count != sum(file.entry.row_count for file in files):
            raise Unreadable(_MISCOUNTED)

    def _select(self, layout: Layout, share: int) -> str:
        """The rows of a share; a wrong count in one file shifts the numbers of the next."""
        names = [*(column.name for column in self.declaration.columns), "_extra"]
        # By position: a column may have any name, also one that is used here.
        places = [f"c{place}" for place in range(len(names))]
        columns = ", ".join(
            f"{place} as {quoted(name)}" for place, name in zip(places, names, strict=True)
        )
        return f"""
            select
                {columns},
                $batch_id as _batch_id,
                $loaded_at::timestamp as _loaded_at,
                ($names_{share}::varchar[])[file] as _source_file,
                case
                    when number > starts[file] and number <= starts[file + 1]
                        then number - starts[file]
                    else error('{_MISCOUNTED}')
                end as _row_number,
            from (
                select
                    *,
                    {FILE}::bigint + 1 as file,
                    row_number() over () as number,
                    $starts_{share}::bigint[] as starts,
                from ({select_files(self.declaration, layout, f"$paths_{share}")})
                    as read({", ".join([*places, FILE])})
            )
        """

    def places(self, batch: load_log.Batch, files: Sequence[Ready]) -> list[Place | None]:
        """The place of each stored file of a group among full deliveries.

        Raises Unreadable if the rows of a file do not determine it.
        """
        full = self.declaration.landing.delivery
        if not full or full.order != "column":
            return [file.entry.place for file in files]
        names = [file.entry.source_file for file in files]
        found = self.con.execute(
            f"""
            select _source_file, list(distinct {quoted(full.column)})
            from {self.name}
            where _loaded_at = $loaded_at and list_contains($names::varchar[], _source_file)
            group by all
            """,
            {"loaded_at": batch.loaded_at, "names": names},
        ).fetchall()
        values = {name: [one for one in listed if one is not None] for name, listed in found}
        try:
            return [full.place_of_values(values.get(name, [])) for name in names]
        except NoOrder as error:
            raise Unreadable(str(error)) from error


def _shares(files: Sequence[Ready]) -> list[list[Ready]]:
    shares: list[list[Ready]] = []
    count = 0
    for file in files:
        count += file.entry.row_count
        if not shares or count > _SHARE_ROWS:
            shares.append([])
            count = file.entry.row_count
        shares[-1].append(file)
    return shares
