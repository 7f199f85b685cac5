"""The declaration of a source of kind `database`, and the source made from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from storehouse.core.errors import SourceContractError
from storehouse.sources.database.connection import connect
from storehouse.sources.database.engine import UNITS
from storehouse.sources.database.table_stream import open_streams
from storehouse.sources.database.tables import DatabaseTable, Sweep
from storehouse.sources.declarations.entry import Entry, SourceEntry, TableEntry
from storehouse.sources.declarations.tables import Table
from storehouse.sources.portion import Stream, Window

_OVERLAP_MINUTES = 10
_OVERLAP_NUMBERS = 1000
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
        self, environ: Mapping[str, str], window: Window, now: Callable[[], datetime]
    ) -> Iterator[Sequence[Stream]]:
        """The streams of all tables, in one snapshot, timed by the database's clock.

        Raises SourceContractError for refused tables after all others were read.
        """
        del now
        read = [table for table in self.tables if isinstance(table, DatabaseTable)]
        refused: list[str] = []
        with connect(environ[self.url_variable], self.url_variable) as engine:
            yield open_streams(engine, read, window, refused)
        if refused:
            raise SourceContractError("\n".join(refused))


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
            raise declared.error("config.meta.landing", "is missing", "declare how its rows arrive")
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
    landing.only("table", "key", "incremental", "sweep")
    landing.need("key")
    key = landing.texts("key")
    if not key:
        raise landing.error("key", "is empty", "name the columns that identify a row")
    _check_columns(landing, "key", key, base)
    incremental = landing.below("incremental")
    incremental.only("cursor", "overlap_minutes", "overlap", "time_zone", "unit")
    cursor = incremental.text("cursor") if incremental.values else ""
    _check_columns(incremental, "cursor", (cursor,) if cursor else (), base)
    return DatabaseTable(
        source=base.source,
        table=base.table,
        schema=base.schema,
        columns=columns,
        relation=landing.text("table", base.table),
        key=key,
        cursor=cursor,
        overlap_minutes=incremental.whole("overlap_minutes", _OVERLAP_MINUTES),
        overlap=incremental.whole("overlap", _OVERLAP_NUMBERS),
        time_zone=_time_zone(incremental),
        unit=_unit(incremental),
        sweep=_sweep(landing, key),
    )


def _time_zone(incremental: Entry) -> str:
    name = incremental.text("time_zone", "UTC")
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise incremental.error(
            "time_zone", f"is {name!r}", "name it as IANA does, such as Europe/Berlin"
        ) from error
    return name


def _unit(incremental: Entry) -> str:
    """The unit of a cursor that counts time since 1970; empty if it does not."""
    unit = incremental.text("unit", "")
    if unit and unit not in UNITS:
        raise incremental.error("unit", f"is {unit!r}", f"use one of {', '.join(UNITS)}")
    if unit and "overlap" in incremental.values:
        raise incremental.error(
            "overlap",
            "can't be used with unit",
            "use overlap_minutes, since the numbers are moments",
        )
    return unit


def _check_columns(entry: Entry, key: str, names: Sequence[str], table: Table) -> None:
    needed = {column.name for column in table.columns if not column.optional}
    for name in names:
        if name not in needed:
            raise entry.error(
                key, f"names {name!r}", "it must be a column of the table that is not optional"
            )


def _sweep(landing: Entry, key: Sequence[str]) -> Sweep | None:
    if "sweep" not in landing.values:
        return None
    sweep = landing.below("sweep")
    sweep.only("into", "entity", "every_hours", "may_be_empty")
    if len(key) > 1:
        raise landing.error("sweep", "needs a key of one column", "leave it out")
    return Sweep(
        sweep.text("into"),
        sweep.text("entity"),
        sweep.number("every_hours", 1) if "every_hours" in sweep.values else 0,
        sweep.flag("may_be_empty", default=False),
    )
