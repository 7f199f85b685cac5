"""What a source delivers, read from dbt's own models/staging/<source>/_<source>__sources.yml.

A table's columns are dbt's columns; how it arrives is declared under `config.meta.landing`: for
files at each table, for other kinds at the source (kind and connection) and at each table (what
to request). Each kind has a package that reads its own keys.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from storehouse.core.config import Settings
from storehouse.sources.declarations.entry import (
    Entry,
    SourceEntry,
    read_source_entry,
    sources_file,
)
from storehouse.sources.declarations.files import FORMATS, Landing, TableDeclaration, file_tables
from storehouse.sources.declarations.tables import Column, Table

if TYPE_CHECKING:
    from storehouse.sources.fetched import FetchedSource
    from storehouse.sources.portion import PortionSource

__all__ = [
    "FORMATS",
    "Column",
    "Entry",
    "Landing",
    "SourceEntry",
    "Table",
    "TableDeclaration",
    "read_declarations",
    "read_source",
    "source_of",
    "sources_file",
]

# Each is a package below storehouse.sources with a function read_source(SourceEntry).
KINDS = ("rest", "database", "http_files")


def read_declarations(settings: Settings, source: str) -> tuple[TableDeclaration, ...]:
    """The tables of a source of files, in the order of its file.

    Raises ConfigError, naming file, table and key, for whatever landing can't use.
    """
    return file_tables(read_source_entry(settings, source))


def read_source(
    settings: Settings, source: str
) -> tuple[TableDeclaration, ...] | PortionSource | FetchedSource:
    """The tables of a source of files, or a source of another kind.

    Raises ConfigError as `read_declarations` does.
    """
    return source_of(read_source_entry(settings, source))


def source_of(
    entry: SourceEntry,
) -> tuple[TableDeclaration, ...] | PortionSource | FetchedSource:
    """What `read_source` returns, of an entry that was read before."""
    if not entry.landing.values:
        return file_tables(entry)
    kind = entry.landing.choice("kind", KINDS)
    # A kind's libraries are only imported if it is used.
    module = import_module(f"storehouse.sources.{kind}")
    reader: PortionSource | FetchedSource = module.read_source(entry)
    return reader
