"""SQLite through Python's own module, read-only, in one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import pyarrow as pa

from storehouse.errors import SourceUnavailable
from storehouse.sources.database.engine import Found, Kind, literal, quoted

_BATCH_ROWS = 10_000
_TIME = "%Y-%m-%d %H:%M:%S"
_BUSY_SECONDS = 10

# A real as the shortest text that gives the same number again; bytes as hexadecimal digits.
_AS_TEXT = """case typeof({0})
    when 'real' then case
        when cast(printf('%!.15g', {0}) as real) = {0} then printf('%!.15g', {0})
        else printf('%!.17g', {0})
    end
    when 'blob' then hex({0})
    else cast({0} as text)
end"""


class SQLite:
    """A connection in one transaction; see Engine. Use as a context manager."""

    def __init__(self, path: Path, variable: str) -> None:
        self._path = path
        self._variable = variable
        self._start = ""

    def __enter__(self) -> Self:
        with self._translated():
            # Streams read in threads of their own, one after the other.
            self._con = sqlite3.connect(
                f"{self._path.absolute().as_uri()}?mode=ro",
                uri=True,
                isolation_level=None,
                check_same_thread=False,
                timeout=_BUSY_SECONDS,
            )
        self._con.text_factory = lambda raw: raw.decode(errors="replace")
        self._start = datetime.now(UTC).strftime(_TIME)
        try:
            self.rows("begin")
            self.tables()  # the first query takes the snapshot
        except BaseException:
            self._con.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._con.close()

    @property
    def label(self) -> str:
        return f"SQLite file {self._path}"

    @property
    def taken_at(self) -> str:
        return self._start

    @property
    def start(self) -> str:
        return self._start

    def columns(self, table: str) -> Sequence[Found] | None:
        sql = f'select name, type, "notnull" from pragma_table_info({literal(table)})'
        return [
            Found(name, kind, _kind(kind), not not_null) for name, kind, not_null in self.rows(sql)
        ] or None

    def tables(self) -> Sequence[str]:
        sql = "select name from sqlite_schema where type in ('table', 'view') order by 1"
        return [name for (name,) in self.rows(sql)]

    def relation(self, table: str) -> str:
        return quoted(table)

    def as_text(self, column: Found) -> str:
        return _AS_TEXT.format(f"t.{quoted(column.name)}")

    def value(self, text: str, column: Found) -> str:
        """SQLite itself turns a text into what the column's type prefers."""
        del column
        return literal(text)

    def moment(self, moment: str, column: Found, zone: str, earlier: int = 0) -> str:
        del column, zone
        return f"strftime('{_TIME}', {literal(moment)}, '-{earlier} seconds')"

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self._translated():
            return self._con.execute(sql).fetchall()

    def read(self, sql: str) -> Iterator[pa.RecordBatch]:
        with self._translated():
            cursor = self._con.execute(sql)
            names = [name for name, *_ in cursor.description]
            while rows := cursor.fetchmany(_BATCH_ROWS):
                columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
                yield pa.RecordBatch.from_arrays(columns, names)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise SourceUnavailable(
                f"{self.label} could not be read: {error}. See that it is there and that "
                f"{self._variable} is its address, and run again: what was stored stays, and "
                "the load goes on from there."
            ) from error


def _kind(declared: str) -> Kind:
    """What SQLite makes of a column's declared type, which may be any text."""
    if not declared or "BLOB" in declared.upper():
        return "none"
    return "number" if "INT" in declared.upper() else "time"
