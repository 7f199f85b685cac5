"""What reading requires of a database engine, and how it describes columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import pyarrow as pa

from storehouse.core.errors import SourceContractError
from storehouse.core.sql import quoted

Kind = Literal["time", "date", "number", "text", "other", "none"]

# How many of each unit make a second.
UNITS: dict[str, int] = {
    "seconds": 1,
    "milliseconds": 1000,
    "microseconds": 1_000_000,
    "nanoseconds": 1_000_000_000,
}

_PART = r'"(?:[^"]|"")+"|[^."]+'
_QUOTED_NAME = re.compile(rf"(?:{_PART})(?:\.(?:{_PART}))*")


@dataclass(frozen=True)
class Found:
    """A column as the database has it. `type` is the database's name of its type.

    Columns of kind `text` may hold timestamps as text; those of kind `none` have no type, and
    their values no reliable order. `base` is the type without length, below any domain.
    """

    name: str
    type: str
    kind: Kind
    nullable: bool = True
    base: str = ""


class QueryError(SourceContractError):
    """A query failed, but the connection can still be used; the message names no table."""


class UnreadableText(QueryError):
    """A value can't be read as text: that of column `column` in `row`, if known."""

    def __init__(self, message: str, column: int | None = None, row: Sequence[Any] = ()) -> None:
        super().__init__(message)
        self.column = column
        self.row = row


class Cursor(Protocol):
    """How a column orders the rows of a table that is read incrementally; all strings are SQL.

    Rows without a place (NaN, infinity, text that is not a moment) do not count for the watermark
    and are read in every load.
    """

    @property
    def is_timed(self) -> bool:
        """Whether its places are moments, so that the clock of the database limits them."""

    @property
    def form(self) -> Sequence[str]:
        """What places depend on besides the column: if it changes, stored places are invalid."""

    @property
    def place(self) -> str:
        """What rows are ordered by: the last moment if only a day or second is stated."""

    @property
    def mark(self) -> str:
        """The watermark that a row sets: the first moment of that day or second."""

    def placeless(self, place: str) -> str:
        """The condition that a `place`, or mark, is not one; empty if all are."""

    def near(self, place: str) -> str:
        """A condition that an index can answer and that all rows from `place` on meet.

        Rows without a place may not meet it. Empty if `place >= …` is such a condition itself.
        """

    @property
    def again(self) -> Sequence[str]:
        """Conditions of rows to read in every load that `place >= …` does not cover."""

    @property
    def fence(self) -> str:
        """The end of a subquery whose places should be computed only once."""

    def at(self, place: str) -> str:
        """A place that was read as text, as SQL."""

    def moment(self, moment: str, earlier: int = 0) -> str:
        """The place of a moment in ISO 8601, minus `earlier` seconds; only if it is timed."""

    def before(self, place: str, overlap: int) -> str:
        """A place `overlap` lower; only if it is not timed."""

    def text(self, place: str) -> str:
        """A place in the form that `at` takes."""


class Engine(Protocol):
    """A connection that reads one snapshot, from its opening to its close.

    Its methods raise SourceUnavailable and QueryError with messages that hold no secret; after
    the latter it can still be used. The SQL that they return has no parameters.
    """

    @property
    def label(self) -> str:
        """Which database this is, for messages."""

    @property
    def taken_at(self) -> str:
        """When the snapshot was taken, by the clock of the database: UTC, as SQL reads it."""

    @property
    def start(self) -> str:
        """The time from which rows may be missing in the snapshot.

        That is when it was taken, or when the oldest transaction began that was open then.
        """

    def columns(self, table: str) -> Sequence[Found] | None:
        """The columns of a table or view; None if there is no such table."""

    def remarks(self, table: str) -> Sequence[str]:
        """Notes on a table for each load, such as why some of its rows are not visible."""

    def tables(self) -> Sequence[str]:
        """The names of all tables and views that can be read, as `relation` takes them."""

    def relation(self, table: str) -> str:
        """A table's name in SQL, including its schema if it was found."""

    def as_text(self, column: Found) -> str:
        """The column `t.<name>` as text for `read`, exactly."""

    def order(self, column: Found) -> str:
        """The expression by which rows are sorted and compared if a column is part of the key."""

    def value(self, text: str, column: Found) -> str:
        """A value returned by `read`, to compare with `order`."""

    def cursor(self, column: Found, zone: str, unit: str) -> Cursor:
        """`zone` is that of moments that name none, `unit` that of numbers since 1970."""

    def checked(self, text: str) -> str:
        """An expression that fails if `text`, from `as_text`, is unreadable."""

    def shown(self, text: str) -> str:
        """The bytes of such a text as hexadecimal digits."""

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The few rows of a small query."""

    def read(self, sql: str) -> Iterator[pa.RecordBatch]:
        """The rows of a query of `as_text` columns, as text in batches of a few MB.

        Raises UnreadableText.
        """


def name_parts(name: str) -> list[str] | None:
    """The parts of a name that is quoted as in SQL (`public."orders.2024"`), else None."""
    if '"' not in name or not _QUOTED_NAME.fullmatch(name):
        return None
    parts = re.findall(_PART, name)
    return [part[1:-1].replace('""', '"') if part[0] == '"' else part for part in parts]


def plain_name(*parts: str) -> str:
    """The shortest name that is read as these parts."""
    return ".".join(quoted(part) if set(part) & set('."') else part for part in parts)
