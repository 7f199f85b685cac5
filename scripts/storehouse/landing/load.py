"""Landing what sources deliver into raw tables.

A load takes the sources one by one. For a source of files it examines the files of all tables,
stops the source if one breaks its declaration, and lands the others in groups. A group is one
transaction over rows and load log, so a kill loses at most one group and leaves none half done;
the next load resumes where the load log ends. Files on a web server are fetched first and land
like others. A source of another kind is read in portions, each one transaction as well
(streams/portions.py). Events of the log are read last, in the same way.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import duckdb

from storehouse.core.config import Settings
from storehouse.core.errors import (
    ConfigError,
    LoadError,
    SourceContractError,
    StorehouseError,
)
from storehouse.core.guard import guarded, unexpected
from storehouse.core.progress import Progress
from storehouse.core.warehouse import connect
from storehouse.core.write_errors import remedy
from storehouse.landing import load_log, load_states
from storehouse.landing.context import Run
from storehouse.landing.events import load_events
from storehouse.landing.files.rows import FileTable
from storehouse.landing.files.survey import survey
from storehouse.landing.files.tables import TableLoad
from storehouse.landing.report import LoadReport
from storehouse.landing.streams.portions import PortionLoad
from storehouse.landing.unmatched import name_unknown, name_unmatched
from storehouse.log.opening import log_address
from storehouse.sources.declarations import TableDeclaration, source_of, sources_file
from storehouse.sources.declarations.entry import read_source_entry
from storehouse.sources.events.declaration import EventTable, event_tables, read_webhook
from storehouse.sources.fetched import FetchedSource
from storehouse.sources.portion import PortionSource, Window

Source = tuple[TableDeclaration, ...] | FetchedSource | PortionSource

_BREACHES_SHOWN = 5


def load(
    settings: Settings,
    *,
    sources: Sequence[str] | None = None,
    progress: Progress,
    now: Callable[[], datetime],
    window: Window = Window(),  # noqa: B008  frozen
    environ: Mapping[str, str] | None = None,
) -> LoadReport:
    """Land what is new in `sources` (default: all that are on).

    The caller holds the lock; `now` returns aware datetimes; `window` applies to APIs and
    databases; `environ` (default: the process's) has addresses and secrets. Errors of files,
    tables and sources stop only these and are in the report, whose `raise_for_problems` raises
    them. Raises ConfigError if no source has a usable declaration, and LoadError if the
    warehouse can't be written.
    """
    environ = os.environ if environ is None else environ
    names = dict.fromkeys(settings.sources if sources is None else sources)
    address = log_address(settings, environ)
    declared, taking, broken = _declared(settings, names, environ)
    if broken and not declared:
        raise type(broken[0])("\n".join(map(str, broken)))
    spool = settings.home / "spool"
    # A killed run may have left its working files.
    shutil.rmtree(spool, ignore_errors=True)
    with connect(settings) as con:
        run = Run(settings, con, _open_batch(settings, con, now), spool, progress, now)
        run.errors += broken
        try:
            for name, source in declared.items():
                with guarded(run.errors, f"Source {name}"):
                    _load_source(run, source, environ, window)
            load_events(run, address, taking, environ, window)
            if any(isinstance(source, tuple) for source in declared.values()):
                name_unknown(run)
        finally:
            shutil.rmtree(spool, ignore_errors=True)
    return run.report()


def _declared(
    settings: Settings, names: Iterable[str], environ: Mapping[str, str]
) -> tuple[dict[str, Source], dict[str, tuple[EventTable, ...]], list[StorehouseError]]:
    """The sources by name, their tables that take events, and errors in other declarations."""
    declared: dict[str, Source] = {}
    taking: dict[str, tuple[EventTable, ...]] = {}
    broken: list[StorehouseError] = []
    owners: dict[tuple[str, str], str] = {}
    for name in names:
        try:
            entry = read_source_entry(settings, name)
            source = source_of(entry)
            tables = event_tables(entry)
            read_webhook(entry)
            if not isinstance(source, tuple):
                _check_variables(settings, source, environ)
            _check_owner(settings, name, source, owners)
        except ConfigError as error:
            broken.append(error)
        except Exception as error:  # noqa: BLE001  a bug stops no other source
            broken.append(unexpected(f"{sources_file(settings, name)}", error))
        else:
            declared[name] = source
            if tables:
                taking[name] = tables
    return declared, taking, broken


def _check_owner(
    settings: Settings, name: str, source: Source, owners: dict[tuple[str, str], str]
) -> None:
    """Refuse a source that has a raw table in common with another."""
    tables = source if isinstance(source, tuple) else source.tables
    raw = [(table.schema.lower(), table.table.lower()) for table in tables]
    for one in raw:
        if one in owners:
            raise ConfigError(
                f"{sources_file(settings, name)}: table {one[1]!r} lands in schema {one[0]!r}, as "
                f"that of source {owners[one]} does. Declare another schema for one of them."
            )
    owners.update(dict.fromkeys(raw, name))


def _load_source(run: Run, source: Source, environ: Mapping[str, str], window: Window) -> None:
    settings = run.settings
    if isinstance(source, tuple):
        loads = _load_files(run, source, settings.inbox)
        name_unmatched(run, source, loads)
    elif isinstance(source, FetchedSource):
        run.errors += source.fetch(environ, window, settings.fetched_dir, run.progress, run.now)
        _load_files(run, source.tables, settings.fetched_dir)
    else:
        PortionLoad(run, source).run_all(environ, window)


def _open_batch(
    settings: Settings, con: duckdb.DuckDBPyConnection, now: Callable[[], datetime]
) -> load_log.Batch:
    try:
        batch = load_log.open_batch(con, now)
        load_states.prepare(con)
    except duckdb.Error as error:
        raise LoadError(
            f"The load log in {settings.warehouse} can't be used: {error}. "
            f"{remedy(error)}, and run again."
        ) from error
    return batch


def _check_variables(
    settings: Settings, source: PortionSource | FetchedSource, environ: Mapping[str, str]
) -> None:
    missing = [name for name in source.variables if not environ.get(name)]
    if missing:
        raise ConfigError(
            f"Source {source.name} needs the environment variables {', '.join(missing)} "
            f"({sources_file(settings, source.name)} names them), and they are not set. "
            "Set them, or leave the source out of STOREHOUSE_SOURCES."
        )


def _load_files(run: Run, declarations: Sequence[TableDeclaration], inbox: Path) -> list[TableLoad]:
    """Land the files of all tables; returns the tables whose files could be examined."""
    if not declarations:
        return []
    folder = inbox / declarations[0].source
    loads = []
    for declaration in declarations:
        table = FileTable(run.con, run.settings, declaration)
        with guarded(run.errors, declaration.label):
            table.prepare()
            loads.append(_survey(run, table, folder))
    if any(load.survey.breaches for load in loads):
        _stop(run, loads)
        return loads
    for load in loads:
        with guarded(run.errors, load.survey.declaration.label):
            load.run_all()
    if len(loads) == len(declarations) and not any(load.survey.seen for load in loads):
        run.note(f"Source {declarations[0].source}: there is no file for it in {folder}.")
    return loads


def _survey(run: Run, table: FileTable, folder: Path) -> TableLoad:
    declaration = table.declaration
    current = load_log.current_versions(run.con, declaration.source, declaration.table)
    return TableLoad(run, table, survey(folder, declaration, current, run.progress))


def _stop(run: Run, loads: Sequence[TableLoad]) -> None:
    """A source broke its declaration: report which files did, and land nothing of it."""
    broken = [
        f"{load.survey.declaration.label}: {problem.name}: {problem.refused.reason}"
        for load in loads
        for problem in load.survey.breaches
    ]
    for load in loads:
        load.refuse_surveyed()
    source = loads[0].survey.declaration.source
    more = len(broken) - _BREACHES_SHOWN
    run.errors.append(
        SourceContractError(
            f"Source {source} broke its declaration, and none of it has landed: "
            + "; ".join(broken[:_BREACHES_SHOWN])
            + (f"; and {more} files more" if more > 0 else "")
            + ". Ask its sender to deliver as declared, or change "
            f"{sources_file(run.settings, source)}, and run again."
        )
    )
