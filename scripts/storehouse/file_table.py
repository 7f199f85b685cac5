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

# More than a group has. The file of a row that is not numbered yet, counted from 1:
_FILES = 1024
_INDEX = f"(-_row_number % {_FILES})"


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
    """The raw table of files; raises as RawTable does.

    Rows go where they stay at once, since storing them costs more than reading them. Until
    all files are known to be right their numbers are below 0 and say of which file they are;
    then each is counted from its file's first row.
    """

    declaration: TableDeclaration

    def read(self, batch: ledger.Batch, files: Sequence[Ready], layout: Layout) -> list[int]:
        """Read a group into the table; the number of rows of each file.

        Raises Unreadable where the files are not as declared.
        """
        names = [file.entry.source_file for file in files]
        try:
            self.con.execute(
                f"""
                insert into {self.name} by name
                select
                    * exclude ({FILE}),
                    $batch_id as _batch_id,
                    $loaded_at::timestamp as _loaded_at,
                    ($names::varchar[])[{FILE}::bigint + 1] as _source_file,
                    -({self._counted} * {_FILES} + {FILE}::bigint + 1) as _row_number,
                from ({select_files(self.declaration, layout)})
                """,
                {
                    "batch_id": batch.batch_id,
                    "loaded_at": batch.loaded_at,
                    "names": names,
                    "paths": [str(file.path) for file in files],
                },
            )
        except duckdb.Error as error:
            if is_of_the_disk(error):
                raise self.not_written(error) from error
            what = f"; {remedy(error)}" if isinstance(error, duckdb.OutOfMemoryException) else ""
            raise Unreadable(first_lines(error) + what) from error
        found = self.con.execute(
            f"""
            select {_INDEX}, count(*), max({self._place}) - min({self._place}) + 1
            from {self.name} where _row_number < 0 group by all
            """
        ).fetchall()
        if any(count != span for _, count, span in found):
            raise Unreadable("DuckDB mixed the rows of several files")
        counts = {index: count for index, count, _ in found}
        return [counts.get(index, 0) for index, _ in enumerate(files, start=1)]

    def places(self, files: Sequence[Ready]) -> list[Place | None]:
        """Where each file of the group that was read stands among full deliveries.

        Raises Unreadable where the rows of a file do not say so.
        """
        full = self.declaration.landing.delivery
        if not full or full.order != "column":
            return [file.entry.place for file in files]
        found = self.con.execute(
            f"""
            select {_INDEX}, list(distinct {quoted(full.column)})
            from {self.name} where _row_number < 0 group by all
            """
        ).fetchall()
        values = {index: [one for one in listed if one is not None] for index, listed in found}
        try:
            return [full.place_of_values(values.get(i, [])) for i in range(1, len(files) + 1)]
        except NoOrder as error:
            raise Unreadable(str(error)) from error

    def number(self) -> None:
        """Number the rows that were read within their files."""
        found = self.con.execute(
            f"""
            select {_INDEX}, min({self._place})
            from {self.name} where _row_number < 0 group by all
            """
        ).fetchall()
        first = dict(found)
        self.con.execute(
            f"""
            update {self.name} set _row_number = {self._place} - ($first::bigint[])[{_INDEX}] + 1
            where _row_number < 0
            """,
            {"first": [first.get(index) for index in range(1, max(first, default=0) + 1)]},
        )

    @property
    def _hides_rowid(self) -> bool:
        """Whether a column has the name by which DuckDB gives the place of a row."""
        return "rowid" in (column.name.lower() for column in self.declaration.columns)

    @property
    def _counted(self) -> str:
        # Counting while reading takes one thread.
        return "row_number() over ()" if self._hides_rowid else "0"

    @property
    def _place(self) -> str:
        return f"(-_row_number // {_FILES})" if self._hides_rowid else "rowid"
