"""Tables that arrive as files, as declared by `config.meta.landing` of a table.

`config.meta` of a column may have `header` (its name in the file, if it differs),
`optional: true` (a file may lack it) and, in Parquet, `bytes: hex` (it holds bytes, not text).
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from storehouse.sources.declarations.encodings import meant, python_name
from storehouse.sources.declarations.entry import Entry, SourceEntry, TableEntry
from storehouse.sources.declarations.full import FullDelivery, full_delivery
from storehouse.sources.declarations.tables import Column, Table

FORMATS = ("csv", "ndjson", "parquet")


@dataclass(frozen=True)
class Landing:
    """How the files of a table arrive.

    `pattern` is a glob below the inbox of the source. With `header: false` the columns
    of a CSV are taken by position. `max_rejected_rows` is how many bad rows one file may have
    before the whole file is refused. `delivery` is set if each delivery is the whole table.
    """

    pattern: str
    format: str
    kind: str = "files"
    encoding: str = "utf-8"
    delimiter: str = ","
    header: bool = True
    max_rejected_rows: int = 0
    delivery: FullDelivery | None = None

    @property
    def is_fetched(self) -> bool:
        """Whether the fetched files are the whole table: a missing file has no rows."""
        return self.kind != "files"

    @property
    def is_utf8(self) -> bool:
        return codecs.lookup(self.encoding).name in ("utf-8", "utf-8-sig")


@dataclass(frozen=True)
class TableDeclaration(Table):
    landing: Landing


def file_tables(source: SourceEntry) -> tuple[TableDeclaration, ...]:
    """The tables of a source of files, in the order of its file."""
    return tuple(_table(source, table) for table in source.tables)


def _table(source: SourceEntry, table: TableEntry) -> TableDeclaration:
    given = table.landing
    if not given.values:
        raise table.error("config.meta.landing", "is missing", "declare how its files arrive")
    given.only(*Landing.__dataclass_fields__)
    given.need("kind", "pattern", "format")
    given.choice("kind", ("files",))
    return declared_table(source, table, given)


def declared_table(source: SourceEntry, table: TableEntry, given: Entry) -> TableDeclaration:
    """The table of an entry; `given` has the values of a Landing."""
    given.choice("format", FORMATS)
    given.flag("header", default=True)
    given.whole("max_rejected_rows", default=0)
    landing = Landing(**{**given.values, "delivery": full_delivery(given)})
    _check_texts(landing, given)
    columns = table.columns("header")
    _check_order_column(landing, given, columns)
    table.no_repeats("columns: config.meta.header", [c.header for c in columns])
    if not landing.header and any(c.optional for c in columns):
        raise table.error(
            "columns: config.meta.optional",
            "can't be used with `header: false`, where columns are taken by position",
            "remove it",
        )
    if landing.format != "parquet" and any(c.as_hex for c in columns):
        raise table.error("columns: config.meta.bytes", "is for Parquet only", "remove it")
    landing = replace(landing, encoding=meant(landing.encoding))
    return TableDeclaration(source.name, table.name, source.schema, columns, landing)


def _check_order_column(landing: Landing, given: Entry, columns: Sequence[Column]) -> None:
    column = landing.delivery.column if landing.delivery else ""
    if column and column not in [one.name for one in columns]:
        raise given.below("delivery").error(
            "column", f"is {column!r}", "it must be one of the table's columns"
        )


def _check_texts(landing: Landing, given: Entry) -> None:
    pattern, delimiter = landing.pattern, landing.delimiter
    parts = Path(pattern).parts if isinstance(pattern, str) else ()
    checks = (
        (
            "pattern",
            bool(parts) and ".." not in parts and not Path(pattern).is_absolute(),
            "must be a glob below the inbox of the source, such as orders/*.csv",
        ),
        (
            "encoding",
            isinstance(landing.encoding, str) and python_name(landing.encoding) is not None,
            "must be an encoding of text that Python knows",
        ),
        (
            "delimiter",
            isinstance(delimiter, str)
            and len(delimiter) == 1
            and delimiter not in '"\r\n \0'
            and delimiter.isascii(),
            "must be one ASCII character, and no quote, space or line end",
        ),
    )
    for key, holds, rule in checks:
        if not holds:
            raise given.error(key, f"is {getattr(landing, key)!r}", f"it {rule}")
