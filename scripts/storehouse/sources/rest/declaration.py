"""What `config.meta.landing` says of a REST or GraphQL source, and of its tables.

docs/add-a-source.md is the guide to the keys; this module reads and checks them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from storehouse.declarations.entry import Entry, SourceEntry, TableEntry
from storehouse.declarations.moments import utc_moment
from storehouse.declarations.tables import Table
from storehouse.sources.rest.connection import Connection, read_connection
from storehouse.sources.rest.paging import Paging, read_paging
from storehouse.sources.rest.records import Shape, read_shape, steps

DELETION_COLUMNS = ("entity", "entity_id", "deleted_at")
_FORMATS = ("iso", "date", "unix", "unix_ms")


@dataclass(frozen=True)
class Request:
    """What to ask: arguments go into the address, or into the variables of a GraphQL query."""

    path: str
    arguments: Mapping[str, str | int | bool]
    query: str | None
    records: tuple[str, ...]
    paging: Paging


@dataclass(frozen=True)
class Incremental:
    """`column` has the moment of a record's change; `template` may hold {since} and {until}."""

    column: str
    since: str | None
    until: str | None
    template: tuple[str, str] | None
    format: str
    overlap: timedelta
    start: datetime | None
    window: timedelta | None


@dataclass(frozen=True)
class Sweep:
    """Asks for all keys, to find what is gone; `shape` takes the key of each record."""

    request: Request
    shape: Shape
    column: str
    into: str
    entity: str
    every: timedelta
    may_be_empty: bool


@dataclass(frozen=True)
class Resource:
    """A stream: the table `name`, and tables nested in its answers."""

    name: str
    label: str
    request: Request
    shape: Shape
    nested: Mapping[str, Shape]
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
            entry.landing.only("of", "records")
            if "of" in _landing_of(entries, entry).values:
                raise entry.landing.error(
                    "of", "names a nested table", "name the one it is read from"
                )
        else:
            resources.append(_resource(source.path.parent, entry, tables, entries))
    if not resources:
        raise source.landing.error("kind", "is rest, and no table says what to ask", "add a `path`")
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
            "columns", "are not those of a sweep", f"declare {', '.join(DELETION_COLUMNS)}"
        )


def _resource(
    folder: Path,
    entry: TableEntry,
    tables: Mapping[str, Table],
    entries: Mapping[str, TableEntry],
) -> Resource:
    landing, table = entry.landing, tables[entry.name]
    if not landing.values:
        raise entry.error("config.meta.landing", "is missing", "say what to ask, or `of:`")
    landing.only(
        "path", "params", "records", "key", "paging", "incremental", "sweep",
        "query", "query_file", "variables",
    )  # fmt: skip
    request = _request(folder, landing, None)
    nested = {}
    for name, child in entries.items():
        if child.landing.values.get("of") == entry.name:
            below = steps(child.landing.text("records"))
            if below[: len(request.records)] != request.records or below == request.records:
                raise child.landing.error(
                    "records", f"is {'.'.join(below)!r}", f"it must lie below those of {entry.name}"
                )
            nested[name] = read_shape(child, tables[name], below[len(request.records) :])
    shape = read_shape(entry, table, (), taken={one.below[0] for one in nested.values()})
    key = landing.texts("key")
    _check_columns(landing, "key", key, table)
    field = request.paging.field
    _check_columns(landing.below("paging"), "field", (field,) if field else (), table)
    incremental = _incremental(landing.below("incremental"), table)
    resource = Resource(entry.name, table.label, request, shape, nested, key, incremental, None)
    sweep = _sweep(folder, landing.below("sweep"), resource, table, tables)
    return replace(resource, sweep=sweep)


def _check_columns(entry: Entry, key: str, names: tuple[str, ...], table: Table) -> None:
    for name in names:
        if name not in {column.name for column in table.columns}:
            raise entry.error(key, f"names {name!r}", "it must be a column of the table")


def _request(folder: Path, entry: Entry, base: Request | None) -> Request:
    """What an entry says to ask; what it does not say is as in `base`."""
    query = base.query if base else None
    if "query_file" in entry.values:
        file = folder / entry.text("query_file")
        try:
            query = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise entry.error(
                "query_file", f"can't be read: {error}", "name a file beside"
            ) from error
    elif "query" in entry.values:
        query = entry.text("query")
    arguments: dict[str, Any] = dict(base.arguments) if base else {}
    for key in ("params", "variables"):
        arguments |= entry.below(key).values
    for name, value in arguments.items():
        if not isinstance(value, str | int | bool):
            raise entry.error("params", f"has {name!r}: {value!r}", "use a text or whole number")
    path = entry.text("path", base.path if base else None)
    records = (
        steps(entry.text("records", "")) if "records" in entry.values or not base else base.records
    )
    paging = (
        read_paging(entry.below("paging")) if "paging" in entry.values or not base else base.paging
    )
    return Request(path, arguments, query, records, paging)


def _incremental(entry: Entry, table: Table) -> Incremental | None:
    if not entry.values:
        return None
    entry.only(
        "cursor", "since_param", "until_param", "filter_param", "filter", "format",
        "overlap_minutes", "start", "window_hours",
    )  # fmt: skip
    column = entry.text("cursor")
    _check_columns(entry, "cursor", (column,), table)
    if ("filter_param" in entry.values) != ("filter" in entry.values):
        raise entry.error("filter", "and filter_param go together", "give both or none")
    if "since_param" not in entry.values and "filter" not in entry.values:
        raise entry.error("since_param", "is missing", "add it, or filter_param and filter")
    template = (
        (entry.text("filter_param"), entry.text("filter")) if "filter" in entry.values else None
    )
    has_until = "until_param" in entry.values or (template and "{until}" in template[1])
    start = utc_moment(entry.values["start"]) if "start" in entry.values else None
    if "start" in entry.values and start is None:
        raise entry.error("start", f"is {entry.values['start']!r}", "use a date or timestamp")
    window = None
    if "window_hours" in entry.values:
        window = timedelta(hours=entry.number("window_hours", 1))
        if not (has_until and start):
            raise entry.error("window_hours", "needs until_param and start", "add them")
    return Incremental(
        column,
        entry.text("since_param") if "since_param" in entry.values else None,
        entry.text("until_param") if "until_param" in entry.values else None,
        template,
        entry.choice("format", _FORMATS, "iso"),
        timedelta(minutes=entry.whole("overlap_minutes", 10)),
        start,
        window,
    )


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
    _check_columns(entry, "column", (column,), table)
    header = next(one.header for one in table.columns if one.name == column)
    asked = _request(folder, entry, resource.request)
    if asked.paging.field not in (None, column):
        raise entry.error("paging.field", "is another column", f"page by {column}")
    return Sweep(
        asked,
        Shape.of_key(column, entry.text("key", header)),
        column,
        into,
        entry.text("entity"),
        timedelta(hours=entry.number("every_hours", 1))
        if "every_hours" in entry.values
        else timedelta(0),
        entry.flag("may_be_empty", default=False),
    )
