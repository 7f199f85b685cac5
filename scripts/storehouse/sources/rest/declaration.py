"""What `config.meta.landing` of a REST or GraphQL source and its tables declares.

docs/add-a-source.md is the guide to the keys; this module reads and checks them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from storehouse.sources.declarations.entry import Entry, SourceEntry, TableEntry
from storehouse.sources.declarations.tables import Table
from storehouse.sources.rest.connection import Connection, read_connection
from storehouse.sources.rest.drain import Drain, read_drain
from storehouse.sources.rest.filters import Incremental, read_incremental
from storehouse.sources.rest.records import Shape, read_shape, steps
from storehouse.sources.rest.requests import Request, check_columns, read_request

DELETION_COLUMNS = ("entity", "entity_id", "deleted_at")


@dataclass(frozen=True)
class Sweep:
    """Delete detection: reads all keys; `shape` takes the key of each record."""

    request: Request
    shape: Shape
    column: str
    into: str
    entity: str
    every: timedelta
    may_be_empty: bool


@dataclass(frozen=True)
class Nested:
    """A table within the records of another; `drain` if its list may be incomplete."""

    shape: Shape
    drain: Drain | None


@dataclass(frozen=True)
class Resource:
    """A stream: the table `name`, and tables nested in its answers."""

    name: str
    label: str
    request: Request
    shape: Shape
    nested: Mapping[str, Nested]
    key: tuple[str, ...]
    incremental: Incremental | None
    sweep: Sweep | None


@dataclass(frozen=True)
class Declared:
    name: str
    tables: tuple[Table, ...]
    connection: Connection
    resources: tuple[Resource, ...]


def read_declared(source: SourceEntry) -> Declared:
    """Raises ConfigError, naming file, table and key, for whatever can't be used."""
    entries = {table.name: table for table in source.tables}
    swept = {_into(table) for table in entries.values()} - {None}
    tables = {
        name: Table(source.name, name, source.schema, entry.columns("path"))
        for name, entry in entries.items()
    }
    resources = []
    for name, entry in entries.items():
        if name in swept:
            _check_deletions(entry, tables[name])
        elif "of" in entry.landing.values:
            entry.landing.only("of", "records", "drain")
            if "of" in _landing_of(entries, entry).values:
                raise entry.landing.error(
                    "of", "names a nested table", "name the one it is read from"
                )
        else:
            resources.append(_resource(source.path.parent, entry, tables, entries))
    if not resources:
        raise source.landing.error(
            "kind", "is rest, and no table declares a request", "add a `path`"
        )
    connection = read_connection(source.landing)
    return Declared(source.name, tuple(tables.values()), connection, tuple(resources))


def _into(table: TableEntry) -> str | None:
    sweep = table.landing.below("sweep")
    return sweep.text("into") if sweep.values else None


def _landing_of(entries: Mapping[str, TableEntry], child: TableEntry) -> Entry:
    parent = child.landing.text("of")
    if parent not in entries:
        raise child.landing.error("of", f"is {parent!r}", "it must name a table of this source")
    return entries[parent].landing


def _check_deletions(entry: TableEntry, table: Table) -> None:
    if {column.name for column in table.columns} != set(DELETION_COLUMNS):
        raise entry.error(
            "columns", "are not those of deletions", f"declare {', '.join(DELETION_COLUMNS)}"
        )


def _resource(
    folder: Path,
    entry: TableEntry,
    tables: Mapping[str, Table],
    entries: Mapping[str, TableEntry],
) -> Resource:
    landing, table = entry.landing, tables[entry.name]
    if not landing.values:
        raise entry.error("config.meta.landing", "is missing", "declare what to request, or `of:`")
    landing.only(
        "path", "params", "records", "key", "paging", "incremental", "sweep",
        "query", "query_file", "variables",
    )  # fmt: skip
    request = read_request(folder, landing, None)
    children = [one for one in entries.values() if one.landing.values.get("of") == entry.name]
    below = {child.name: _below(child, request) for child in children}
    nested = {
        child.name: _nested(folder, child, tables[child.name], request, below) for child in children
    }
    shape = read_shape(entry, table, (), taken={one.shape.below[0] for one in nested.values()})
    key = landing.texts("key")
    check_columns(landing, "key", key, table)
    field = request.paging.field
    check_columns(landing.below("paging"), "field", (field,) if field else (), table)
    incremental = read_incremental(landing.below("incremental"), table, request.query)
    resource = Resource(entry.name, table.label, request, shape, nested, key, incremental, None)
    sweep = _sweep(folder, landing.below("sweep"), resource, table, tables)
    return replace(resource, sweep=sweep)


def _below(child: TableEntry, request: Request) -> tuple[str, ...]:
    """Where the records of a nested table lie below those of its parent."""
    landing = child.landing
    below = steps(landing.text("records"))
    if below[: len(request.records)] != request.records or below == request.records:
        raise landing.error(
            "records",
            f"is {'.'.join(below)!r}",
            f"it must lie below those of {landing.text('of')}",
        )
    return below[len(request.records) :]


def _nested(
    folder: Path,
    child: TableEntry,
    table: Table,
    request: Request,
    below: Mapping[str, tuple[str, ...]],
) -> Nested:
    """`below` has the paths of all tables that are nested in the same parent."""
    inner = below[child.name]
    deeper = {one[len(inner)] for one in below.values() if one[: len(inner)] == inner != one}
    drain = child.landing.below("drain")
    shape = read_shape(child, table, inner, taken=deeper)
    return Nested(shape, read_drain(folder, drain, request, inner, shape) if drain.values else None)


def _sweep(
    folder: Path, entry: Entry, resource: Resource, table: Table, names: Collection[str]
) -> Sweep | None:
    if not entry.values:
        return None
    entry.only(
        "into", "entity", "column", "key", "every_hours", "may_be_empty",
        "path", "params", "records", "paging", "query", "query_file", "variables",
    )  # fmt: skip
    into = entry.text("into")
    if into not in names:
        raise entry.error("into", f"is {into!r}", "it must name a table of this source")
    column = entry.text("column", resource.key[0] if len(resource.key) == 1 else None)
    check_columns(entry, "column", (column,), table)
    header = next(one.header for one in table.columns if one.name == column)
    request = read_request(folder, entry, resource.request)
    if request.paging.field not in (None, column):
        raise entry.error("paging.field", "is another column", f"page by {column}")
    return Sweep(
        request,
        Shape.of_key(column, entry.text("key", header)),
        column,
        into,
        entry.text("entity"),
        timedelta(hours=entry.number("every_hours", 1))
        if "every_hours" in entry.values
        else timedelta(0),
        entry.flag("may_be_empty", default=False),
    )
