"""Landing: what sources deliver into raw tables. The only module that has them written.

A load takes the sources one by one. Of a source of files it looks at the files of all
tables, stops the source if one breaks its declaration, and lands the others in groups.
A group is one transaction over rows and ledger, so a kill loses at most a group and
leaves none half done; the next load takes up where the ledger ends. A source of files that
lie on a web server fetches them first, and they land like others. A source of another
kind is read in portions, each a transaction as well (portion_load).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import duckdb

from storehouse import ledger, load_states
from storehouse.config import Settings
from storehouse.declarations import TableDeclaration, read_source, sources_file
from storehouse.errors import ConfigError, LoadError, SourceContractError, SourceUnavailable
from storehouse.file_table import FileTable
from storehouse.group_load import Run
from storehouse.load_report import LoadReport
from storehouse.portion_load import PortionLoad
from storehouse.progress import Progress
from storehouse.sources.fetched import FetchedSource
from storehouse.sources.portion import Asked, PortionSource
from storehouse.sources.survey import survey
from storehouse.table_load import TableLoad
from storehouse.unmatched import name_unknown, name_unmatched
from storehouse.warehouse import connect

_BREACHES_SHOWN = 5


def load(
    settings: Settings,
    *,
    sources: Sequence[str] | None = None,
    progress: Progress,
    now: Callable[[], datetime],
    asked: Asked = Asked(),  # noqa: B008  frozen
    environ: Mapping[str, str] | None = None,
) -> LoadReport:
    """Land what is new in `sources` (default: all that are on).

    The caller holds the lock; `now` gives aware moments; `asked` is for sources of
    portions; `environ` (default: the process's) has addresses and secrets. What is wrong
    with files and sources stands in the report, whose `raise_for_problems` raises it.
    Raises ConfigError for a wrong declaration or a missing variable, before anything is
    read, and LoadError where the warehouse can't be written.
    """
    environ = os.environ if environ is None else environ
    names = dict.fromkeys(settings.sources if sources is None else sources)
    declared = [read_source(settings, name) for name in names]
    for source in declared:
        if not isinstance(source, tuple):
            _check_variables(settings, source, environ)
    spool = settings.home / "spool"
    # A run that was killed may have left its working files.
    shutil.rmtree(spool, ignore_errors=True)
    with connect(settings) as con:
        run = Run(settings, con, _open_batch(settings, con, now), spool, progress, now)
        try:
            for source in declared:
                if isinstance(source, tuple):
                    loads = _load_files(run, source, settings.inbox)
                    name_unmatched(run, source, loads)
                elif isinstance(source, FetchedSource):
                    run.errors += source.fetch(environ, asked, settings.fetched_dir, progress, now)
                    _load_files(run, source.tables, settings.fetched_dir)
                else:
                    PortionLoad(run, source).run_all(environ, asked)
            if any(isinstance(source, tuple) for source in declared):
                name_unknown(run)
        finally:
            shutil.rmtree(spool, ignore_errors=True)
    return run.report()


def _open_batch(
    settings: Settings, con: duckdb.DuckDBPyConnection, now: Callable[[], datetime]
) -> ledger.Batch:
    try:
        batch = ledger.open_batch(con, now)
        load_states.prepare(con)
    except duckdb.Error as error:
        raise LoadError(
            f"The ledger in {settings.warehouse} can't be used: {error}. "
            "Free space on that disk, or mend what DuckDB names, and run again."
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
    folder = inbox / declarations[0].source
    loads = []
    try:
        for declaration in declarations:
            table = FileTable(run.con, run.settings, declaration)
            table.prepare()
            loads.append(_survey(run, table, folder))
    except SourceUnavailable as error:
        run.errors.append(error)
        return []
    if any(load.survey.breaches for load in loads):
        _stop(run, loads)
        return loads
    for load in loads:
        load.run_all()
    if not any(load.survey.seen for load in loads):
        run.note(f"Source {declarations[0].source}: there is no file for it in {folder}.")
    return loads


def _survey(run: Run, table: FileTable, folder: Path) -> TableLoad:
    declaration = table.declaration
    current = ledger.current_versions(run.con, declaration.source, declaration.table)
    return TableLoad(run, table, survey(folder, declaration, current, run.progress))


def _stop(run: Run, loads: Sequence[TableLoad]) -> None:
    """A source broke its declaration: say of which files, and land nothing of it."""
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
            f"Source {source} broke its declaration, and nothing of it was landed: "
            + "; ".join(broken[:_BREACHES_SHOWN])
            + (f"; and {more} files more" if more > 0 else "")
            + ". Ask its sender to deliver as declared, or change "
            f"{sources_file(run.settings, source)}, and run again."
        )
    )
