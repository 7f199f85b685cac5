"""A table of a database as it is declared."""

from __future__ import annotations

from dataclasses import dataclass

from storehouse.sources.declarations.tables import Table


@dataclass(frozen=True)
class Sweep:
    """Delete detection: missing keys become rows of table `into`, as deletions of `entity`."""

    into: str
    entity: str
    every_hours: float
    may_be_empty: bool


@dataclass(frozen=True)
class DatabaseTable(Table):
    """`relation` is the name of the table or view in the database, `header` that of a column.

    `key` and `cursor` are column names in the warehouse. Without a cursor every load reads all
    rows. `overlap_minutes` is for cursors that are times, `overlap` for numbers; `time_zone` is
    that of a cursor that names none; `unit` is that of numbers that count time.
    """

    relation: str
    key: tuple[str, ...]
    cursor: str
    overlap_minutes: int
    overlap: int
    time_zone: str
    unit: str
    sweep: Sweep | None

    def header(self, name: str) -> str:
        """The name of a column in the database."""
        return next(column.header for column in self.columns if column.name == name)
