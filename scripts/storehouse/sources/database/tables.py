"""A table of a database as it is declared."""

from __future__ import annotations

from dataclasses import dataclass

from storehouse.sources.declarations.tables import Table


@dataclass(frozen=True)
class Sweep:
    """Keys that are gone become rows of table `into`, as deletions of `entity`."""

    into: str
    entity: str
    every_hours: float
    may_be_empty: bool


@dataclass(frozen=True)
class DatabaseTable(Table):
    """`relation` is the table's or view's name there; a column's `header` is its name there.

    `key` and `cursor` are names of columns here. Without a cursor every load reads all rows.
    `overlap_minutes` is for cursors of time, `overlap` for those that are numbers;
    `time_zone` is that of a cursor that names none; `unit` that of numbers that are moments.
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
        """What the database calls a column."""
        return next(column.header for column in self.columns if column.name == name)
