"""The declaration of a source of kind `http_files`: an address, and a path for each table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from storehouse.sources.declarations.entry import Entry, SourceEntry, TableEntry
from storehouse.sources.declarations.files import Landing, TableDeclaration, declared_table
from storehouse.sources.rest.connection import CONNECTION_KEYS, Connection, connection

# Keys of a table besides those of how its file is read.
_OWN = ("path", "every_hours")
_DECIDED = ("kind", "pattern", "delivery")


@dataclass(frozen=True)
class HttpFile:
    """The file of a table: `path` below the address, requested once in `every`.

    A zip (its path ends in .zip) is unpacked; a single file in it lands as `name`, several with
    their own names in the middle of it. `largest` is the most bytes it may have, packed and
    unpacked. With `is_encoded` the table declares the encoding of its text.
    """

    table: TableDeclaration
    path: str
    name: str
    every: timedelta
    largest: int
    is_encoded: bool

    @property
    def is_text(self) -> bool:
        return self.table.landing.format != "parquet"

    @property
    def is_zip(self) -> bool:
        return self.path.lower().endswith(".zip")


@dataclass(frozen=True)
class Declared:
    name: str
    connection: Connection
    files: tuple[HttpFile, ...]


def read_declared(source: SourceEntry) -> Declared:
    """Raises ConfigError, naming file, table and key, for what can't be used."""
    given = source.landing
    given.only("kind", "url_variable", *CONNECTION_KEYS)
    reached = connection(given, "url_variable", largest_megabytes=100)
    files = tuple(_file(source, table, reached.largest) for table in source.tables)
    return Declared(source.name, reached, files)


def _file(source: SourceEntry, table: TableEntry, largest: int) -> HttpFile:
    given = table.landing
    if not given.values:
        raise table.error("config.meta.landing", "is missing", "give the path of its file")
    readable = [key for key in Landing.__dataclass_fields__ if key not in _DECIDED]
    given.only(*_OWN, *readable)
    path = given.text("path")
    if "://" in path or ".." in path.split("/"):
        raise given.error("path", f"is {path!r}", "it must lie below the address of the source")
    every = timedelta(0)
    if "every_hours" in given.values:
        every = timedelta(hours=given.number("every_hours", 24))
    ending = ".gz" if path.lower().endswith(".gz") else ""
    form = given.text("format")
    name = f"{table.name}.{form}{ending}"
    landing: Mapping[str, Any] = {
        **{key: value for key, value in given.values.items() if key not in _OWN},
        "kind": "http_files",
        # A table's name has no dot, so the files of a zip match no other table.
        "pattern": f"{table.name}.*{form}" if path.lower().endswith(".zip") else name,
    }
    declared = declared_table(source, table, Entry(given.place, landing, given.prefix))
    return HttpFile(declared, path, name, every, largest, "encoding" in given.values)
