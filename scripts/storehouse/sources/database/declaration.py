"""What the yml of a source of kind `database` says, and the source that it makes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from storehouse.declarations.entry import Entry, SourceEntry, TableEntry
from storehouse.declarations.tables import Table
from storehouse.sources.database.connection import connect
from storehouse.sources.database.table_stream import open_streams
from storehouse.sources.database.tables import DatabaseTable, Sweep
from storehouse.sources.portion import Asked, Stream

_OVERLAP_SECONDS = 300
_DELETION_COLUMNS = ["deleted_at", "entity", "entity_id"]


@dataclass(frozen=True)
class DatabaseSource:
    """Tables of one database; see PortionSource. One connection reads them in turn."""

    name: str
    tables: Sequence[Table]
    url_variable: str
    parallel: int = 1

    @property
    def variables(self) -> Sequence[str]:
        return (self.url_variable,)

    @contextmanager
    def open(
        self, environ: Mapping[str, str], asked: Asked, now: Callable[[], datetime]
    ) -> Iterator[Sequence[Stream]]:
        """The streams of all tables, in one snapshot, whose clock is the database's."""
        del now
        read = [table for table in self.tables if isinstance(table, DatabaseTable)]
        with connect(environ[self.url_variable], self.url_variable) as engine:
            yield open_streams(engine, read, asked)


def read_source(entry: SourceEntry) -> DatabaseSource:
    """Raises ConfigError, naming file, table and key, for whatever can't be used."""
    entry.landing.only("kind", "url_variable")
    variable = entry.landing.text("url_variable")
    tables = [_table(entry, table) for table in entry.tables]
    by_name = {table.table: table for table in tables}
    swept = {t.sweep.into for t in tables if isinstance(t, DatabaseTable) and t.sweep}
    for declared, table in zip(entry.tables, tables, strict=True):
        if isinstance(table, DatabaseTable):
            if table.sweep and type(by_name.get(table.sweep.into)) is not Table:
                raise declared.landing.below("sweep").error(
                    "into",
                    f"is {table.sweep.into!r}",
                    "declare a table of that name without `landing`",
                )
        elif table.table not in swept:
            raise declared.error("config.meta.landing", "is missing", "say how its rows arrive")
        elif sorted(column.name for column in table.columns) != _DELETION_COLUMNS:
            raise declared.error(
                "columns", "are not those of deletions", "use entity, entity_id and deleted_at"
            )
    return DatabaseSource(entry.name, tables, variable)


def _table(source: SourceEntry, declared: TableEntry) -> Table:
    columns = declared.columns("column")
    declared.no_repeats("columns: config.meta.column", [column.header for column in columns])
    base = Table(source.name, declared.name, source.schema, columns)
    landing = declared.landing
    if not landing.values:
        return base
    landing.only("table", "key", "cursor", "overlap", "time_zone", "sweep")
    landing.need("key")
    key = landing.texts("key")
    cursor = landing.text("cursor", "")
    needed = {column.name for column in columns if not column.optional}
    for name, used in (("key", key), ("cursor", (cursor,) if cursor else ())):
        if missing := [one for one in used if one not in needed]:
            raise landing.error(
                name, f"names {missing[0]!r}", "declare a column of that name, not optional"
            )
    if not key:
        raise landing.error("key", "is empty", "name the columns that tell its rows apart")
    return DatabaseTable(
        source=base.source,
        table=base.table,
        schema=base.schema,
        columns=columns,
        relation=landing.text("table", base.table),
        key=key,
        cursor=cursor,
        overlap=landing.whole("overlap", _OVERLAP_SECONDS),
        time_zone=landing.text("time_zone", "UTC"),
        sweep=_sweep(landing, key),
    )


def _sweep(landing: Entry, key: Sequence[str]) -> Sweep | None:
    if "sweep" not in landing.values:
        return None
    sweep = landing.below("sweep")
    sweep.only("into", "entity")
    if len(key) > 1:
        raise landing.error("sweep", "needs a key of one column", "leave it out")
    return Sweep(sweep.text("into"), sweep.text("entity"))
