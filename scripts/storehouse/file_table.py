"""The raw table of a table of files: reading a group of files, and storing it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from storehouse import ledger
from storehouse.declarations import TableDeclaration
from storehouse.declarations.full import NoOrder, Place
from storehouse.raw_table import RawTable, first_lines
from storehouse.sources.delivery import BadRow, Layout
from storehouse.sources.reading import FILE, quoted, select_files
from storehouse.write_errors import is_of_the_disk, remedy

_ARRIVALS = "_storehouse_arrivals"


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
class FileTable(RawTable):
    """The raw table of files; raises as RawTable does."""

    declaration: TableDeclaration

    @property
    def _places(self) -> dict[str, str]:
        """The names that columns have in the temporary table, by those of the raw table."""
        names = [*(column.name for column in self.declaration.columns), "_extra"]
        return {name: f"c{place}" for place, name in enumerate(names)}

    def read(self, files: Sequence[Ready], layout: Layout) -> list[int]:
        """Read a group into a temporary table; the number of rows of each file.

        Raises Unreadable where the files are not as declared.
        """
        select = select_files(self.declaration, layout)
        # By place: a column may have any name, also that of DuckDB's own row number.
        names = ", ".join([*self._places.values(), FILE])
        try:
            self.con.execute(
                f"create temporary table {_ARRIVALS} as select * from ({select}) as read({names})",
                {"paths": [str(file.path) for file in files]},
            )
        except duckdb.Error as error:
            if is_of_the_disk(error):
                raise self.not_written(error) from error
            what = f"; {remedy(error)}" if isinstance(error, duckdb.OutOfMemoryException) else ""
            raise Unreadable(first_lines(error) + what) from error
        found = self.con.execute(
            f"select {FILE}, count(*), max(rowid) - min(rowid) + 1 from {_ARRIVALS} group by all"
        ).fetchall()
        # Rows are numbered by their place in the temporary table.
        if any(count != span for _, count, span in found):
            raise Unreadable("DuckDB mixed the rows of several files")
        counts = {index: count for index, count, _ in found}
        return [counts.get(index, 0) for index in range(len(files))]

    def places(self, files: Sequence[Ready]) -> list[Place | None]:
        """Where each file of the group that was read stands among full deliveries.

        Raises Unreadable where the rows of a file do not say so.
        """
        full = self.declaration.landing.delivery
        if not full or full.order != "column":
            return [file.entry.place for file in files]
        ordering = self._places[full.column]
        found = self.con.execute(
            f"select {FILE}, list(distinct {ordering}) from {_ARRIVALS} group by all"
        ).fetchall()
        values = {index: [one for one in listed if one is not None] for index, listed in found}
        try:
            return [full.place_of_values(values.get(index, [])) for index in range(len(files))]
        except NoOrder as error:
            raise Unreadable(str(error)) from error

    def store(self, batch: ledger.Batch, names: Sequence[str]) -> None:
        """Add what was read to the table; `names` are those of its files, in their order."""
        columns = ", ".join(f"{place} as {quoted(name)}" for name, place in self._places.items())
        self.con.execute(
            f"""
            insert into {self.name} by name
            select
                {columns},
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
