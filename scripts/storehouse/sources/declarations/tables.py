"""What tables of all kinds of sources have in common: a name, a schema and columns."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """`header` is its delivered name: in a file, or its path in a record.

    `as_hex` means that it holds bytes that are not text (Parquet only).
    """

    name: str
    header: str
    optional: bool = False
    as_hex: bool = False


@dataclass(frozen=True)
class Table:
    source: str
    table: str
    schema: str
    columns: tuple[Column, ...]

    @property
    def label(self) -> str:
        return f"{self.source}.{self.table}"
