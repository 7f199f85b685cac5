"""What the reading of a database needs of it, and what its columns are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import pyarrow as pa

from storehouse.core.errors import SourceContractError
from storehouse.core.sql import quoted

Kind = Literal["time", "date", "number", "text", "other", "none"]

# How many of a unit are a second.
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
    """A column as the database has it. `type` is what the database calls its type.

    Columns of kind `text` may hold moments as text; those of kind `none` have no type, and
    their values no order to rely on. `base` is the type without length, below any domain.
    """

    name: str
    type: str
    kind: Kind
    nullable: bool = True
    base: str = ""


class QueryError(SourceContractError):
    """A query failed, and the next can be asked; the message does not name the table."""


class UnreadableText(QueryError):
    """A value can't be read as text: where it is known that of column `column` in `row`."""

    def __init__(self, message: str, column: int | None = None, row: Sequence[Any] = ()) -> None:
        super().__init__(message)
        self.column = column
        self.row = row


class Cursor(Protocol):
    """How a column orders the rows of a table that is read incrementally; its texts are SQL.

    Rows without a place (NaN, infinities, what is no moment) make no watermark and are read in
    every load.
    """

    @property
    def is_timed(self) -> bool:
        """Whether its places are moments, so that the clock of the database bounds them."""

    @property
    def form(self) -> Sequence[str]:
        """What places depend on beside the column: when it changes they mean something else."""

    @property
    def place(self) -> str:
        """What rows are ordered by: the last moment where only a day or second is stated."""

    @property
    def mark(self) -> str:
        """The watermark that a row makes: the first moment of that day or second."""

    def placeless(self, place: str) -> str:
        """The condition of a `place`, or mark, that is none; empty where all are."""

    def near(self, place: str) -> str:
        """A condition that an index can answer, of all rows that `place` or a later one have.

        Rows without a place may not meet it. Empty where `place >= …` is one itself.
        """

    @property
    def again(self) -> Sequence[str]:
        """Conditions of rows to read in every load that `place >= …` does not cover."""

    @property
    def fence(self) -> str:
        """What ends a subquery whose places are to be worked out once."""

    def at(self, place: str) -> str:
        """A place that was read as text."""

    def moment(self, moment: str, earlier: int = 0) -> str:
        """The place of a moment in ISO 8601, `earlier` seconds before; only if it is timed."""

    def before(self, place: str, overlap: int) -> str:
        """A place `overlap` lower; only if it is not timed."""

    def text(self, place: str) -> str:
        """A place as `at` takes it."""


class Engine(Protocol):
    """A connection that reads one snapshot, from its opening to its close.

    Its methods raise SourceUnavailable and QueryError with messages that hold no secret;
    after the latter it can be asked on. What they give as SQL is text without parameters.
    """

    @property
    def label(self) -> str:
        """Which database this is, for messages."""

    @property
    def taken_at(self) -> str:
        """When the snapshot was taken, by the clock of the database: UTC, as SQL reads it."""

    @property
    def start(self) -> str:
        """From when on rows may be missing in the snapshot.

        That is when it was taken, or when the oldest transaction began that was open then.
        """

    def columns(self, table: str) -> Sequence[Found] | None:
        """The columns of a table or view; None where there is no such table."""

    def remarks(self, table: str) -> Sequence[str]:
        """What to say of a table in each load, such as why rows of it can't be seen."""

    def tables(self) -> Sequence[str]:
        """The names of all tables and views that can be read, as `relation` takes them."""

    def relation(self, table: str) -> str:
        """A table as SQL names it, its schema included where it was found."""

    def as_text(self, column: Found) -> str:
        """The column `t.<name>` as text for `read`, exactly."""

    def order(self, column: Found) -> str:
        """What rows are sorted by, and compared with, where a column is a part of the key."""

    def value(self, text: str, column: Found) -> str:
        """A value that `read` gave, to compare with `order`."""

    def cursor(self, column: Found, zone: str, unit: str) -> Cursor:
        """`zone` is that of moments that name none, `unit` that of numbers since 1970."""

    def checked(self, text: str) -> str:
        """An expression that fails where `text`, from `as_text`, is unreadable."""

    def shown(self, text: str) -> str:
        """The bytes of such a text as hexadecimal digits."""

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The few rows of a small query."""

    def read(self, sql: str) -> Iterator[pa.RecordBatch]:
        """The rows of a query of `as_text` columns, as text in pieces of a few MB.

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
