"""What the reading of a database needs of it, and what its columns are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import pyarrow as pa

Kind = Literal["time", "date", "number", "other", "none"]


@dataclass(frozen=True)
class Found:
    """A column as the database has it. `type` is what the database calls its type.

    Columns of kind `none` have no type, and their values no order to rely on.
    """

    name: str
    type: str
    kind: Kind
    nullable: bool = True


class Engine(Protocol):
    """A connection that reads one snapshot, from its opening to its close.

    Its methods raise SourceUnavailable and SourceContractError with messages that
    hold no secret. What they give as SQL is text without parameters.
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

    def tables(self) -> Sequence[str]:
        """The names of all tables and views that can be read."""

    def relation(self, table: str) -> str:
        """A table as SQL names it; `table` may begin with its schema and a point."""

    def as_text(self, column: Found) -> str:
        """The column `t.<name>` as text, exactly."""

    def value(self, text: str, column: Found) -> str:
        """A value that `as_text` gave, in the type of its column."""

    def moment(self, moment: str, column: Found, zone: str, earlier: int = 0) -> str:
        """A moment in ISO 8601 as a value of a column of time or date, `earlier` seconds before.

        `zone` is that of columns that name none.
        """

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The few rows of a small query."""

    def read(self, sql: str) -> Iterator[pa.RecordBatch]:
        """The rows of a query whose columns are all text, in pieces of a few MB."""


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
