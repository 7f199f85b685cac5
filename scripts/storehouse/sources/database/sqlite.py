"""SQLite through Python's own module, read-only, in one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import pyarrow as pa

from storehouse.core.errors import SourceUnavailable
from storehouse.core.sql import literal, quoted
from storehouse.sources.database import moments
from storehouse.sources.database import sqlite_columns as columns_of
from storehouse.sources.database.engine import Cursor, Found, QueryError, UnreadableText, name_parts

_BATCH_ROWS = 10_000
_TIME = "%Y-%m-%d %H:%M:%S"
_BUSY_SECONDS = 10

_ALIKE = "a column holds BLOBs and other values, which would look alike as text"

# Errors of a table or its declaration, not of the file; and what to do about them.
_OF_A_VALUE = "Correct the value there, or the view or generated column that computes it"
_OF_A_TABLE = {
    sqlite3.SQLITE_ERROR: _OF_A_VALUE,
    sqlite3.SQLITE_MISMATCH: _OF_A_VALUE,
    sqlite3.SQLITE_CORRUPT: "Try `pragma integrity_check` there, and restore what it names",
}
# SQLite's message for an error in a registered function; only `checked` raises any.
_CHECK_FAILED = "user-defined function raised exception"


class SQLite:
    """A connection in one transaction; see Engine. Use as a context manager."""

    def __init__(self, path: Path, variable: str) -> None:
        self._path = path
        self._variable = variable
        self._start = ""
        self._encoding = "utf-8"

    def __enter__(self) -> Self:
        with self._translated():
            # Streams read in their own threads, one after the other.
            self._con = sqlite3.connect(
                f"{self._path.absolute().as_uri()}?mode=ro",
                uri=True,
                isolation_level=None,
                check_same_thread=False,
                timeout=_BUSY_SECONDS,
            )
        self._con.text_factory = lambda raw: raw.decode(errors="replace")
        self._con.create_function(columns_of.MOMENT, 4, self._place, deterministic=True)
        self._con.create_function(columns_of.REAL, 1, float, deterministic=True)
        self._con.create_function(columns_of.CHECKED, 1, self._check, deterministic=True)
        self._start = datetime.now(UTC).strftime(_TIME)
        try:
            self.rows("begin")
            # The first query takes the snapshot.
            ((encoding,),) = self.rows("pragma encoding")
            self._encoding = str(encoding).lower()
            self.tables()
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
        # Hidden columns of virtual tables are 1; generated ones are 2 and 3.
        sql = f"""
            select name, type, "notnull" from pragma_table_xinfo({literal(self._name(table))})
            where hidden <> 1
        """
        return [
            Found(name, kind, columns_of.kind(kind), not not_null)
            for name, kind, not_null in self.rows(sql)
        ] or None

    def remarks(self, table: str) -> Sequence[str]:
        del table
        return ()

    def tables(self) -> Sequence[str]:
        sql = "select name from sqlite_schema where type in ('table', 'view') order by 1"
        return [name for (name,) in self.rows(sql)]

    def relation(self, table: str) -> str:
        return quoted(self._name(table))

    def _name(self, table: str) -> str:
        """A table's name may have dots; its schema is `main`."""
        parts = name_parts(table) or [table]
        return parts[-1] if parts[:-1] in ([], ["main"]) else table

    def as_text(self, column: Found) -> str:
        return columns_of.as_text(column)

    def order(self, column: Found) -> str:
        return columns_of.order(column)

    def value(self, text: str, column: Found) -> str:
        return columns_of.value(text, column)

    def cursor(self, column: Found, zone: str, unit: str) -> Cursor:
        return columns_of.SQLiteCursor(column, zone, unit)

    def checked(self, text: str) -> str:
        return f"{columns_of.CHECKED}({text})"

    def shown(self, text: str) -> str:
        return f"case when typeof({text}) <> 'integer' then hex({text}) else 'of a BLOB' end"

    def _place(self, value: bytes | float | None, zone: str, unit: str, last: int) -> str | None:
        if isinstance(value, bytes) and self._encoding != "utf-8":
            value = value.decode(self._encoding, errors="replace").encode()
        return moments.place(value, zone, unit, last)

    def _check(self, value: bytes | float | str | None) -> int:
        self._texts([value])
        return 1

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self._translated():
            return self._con.execute(sql).fetchall()

    def read(self, sql: str) -> Iterator[pa.RecordBatch]:
        # The traceback of an error holds the cursor, which would keep the file locked.
        with self._translated(), closing(self._con.execute(sql)) as cursor:
            names = [name for name, *_ in cursor.description]
            seen: list[set[type]] = [set() for _ in names]
            while rows := cursor.fetchmany(_BATCH_ROWS):
                columns = list(zip(*rows, strict=True))
                for number, column in enumerate(columns):
                    odd = _other_class(column, seen[number])
                    if odd is not None:
                        row = [self._shown(value) for value in rows[odd]]
                        raise UnreadableText(_ALIKE, number, row)
                texts = [self._texts(column) for column in columns]
                yield pa.RecordBatch.from_arrays(texts, names)

    def _texts(self, values: Sequence[Any]) -> pa.Array:
        """Values as text; see sqlite_columns.as_text. Raises UnreadableText."""
        kinds = {type(value) for value in values} - {type(None)}
        if int in kinds:
            raise UnreadableText("it is a BLOB, in a column that is not declared as one")
        try:
            if kinds <= {bytes} and self._encoding == "utf-8":
                return pa.array(values, pa.binary()).cast(pa.string())
            return pa.array([self._text(value) for value in values], pa.string())
        except (UnicodeDecodeError, pa.ArrowInvalid) as error:
            raise UnreadableText(f"it is not valid {self._encoding}") from error

    def _text(self, value: bytes | float | str | None) -> str | None:
        if isinstance(value, bytes):
            return value.decode(self._encoding)
        return columns_of.real_text(value) if isinstance(value, float) else value

    def _shown(self, value: bytes | float | str | None) -> str:
        """A value for a message."""
        if isinstance(value, bytes):
            return value.decode(self._encoding, errors="replace")
        return str(value)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if str(error) == _CHECK_FAILED:
                raise UnreadableText(f"{self.label}: a value is not valid text") from error
            if (code := getattr(error, "sqlite_errorcode", 0) & 0xFF) in _OF_A_TABLE:
                raise QueryError(
                    f"{self.label} could not answer: {error}. {_OF_A_TABLE[code]}, and run again: "
                    "what was stored stays."
                ) from error
            raise SourceUnavailable(
                f"{self.label} could not be read: {error}. Check that it exists and that "
                f"{self._variable} is its address, and run again: what was stored stays, and the "
                "load resumes there."
            ) from error


def _other_class(values: Sequence[Any], seen: set[type]) -> int | None:
    """The first value of a column that is a BLOB while others are not, or the reverse.

    `seen` are the classes of earlier values; those of these are added. BLOBs arrive as `str`.
    """
    classes = {type(value) for value in values} - {type(None)}
    if str not in classes | seen or len(classes | seen) == 1:
        seen |= classes
        return None
    first = next(type(value) for value in values if value is not None)
    are_blobs = str in seen if seen else first is str
    return next(
        number
        for number, value in enumerate(values)
        if value is not None and isinstance(value, str) is not are_blobs
    )
