"""Compiling the program with dbt: once for each version of the code and the settings."""

from __future__ import annotations

import json
from collections import defaultdict

import duckdb

from storehouse.building.build import dbt_environment, run_dbt
from storehouse.core.config import Settings
from storehouse.core.errors import BuildError
from storehouse.core.progress import Progress
from storehouse.core.warehouse import connect
from storehouse.live.layer.program import Program, relations_of
from storehouse.sources.declarations.entry import read_source_entry
from storehouse.sources.events.declaration import EventTable, event_tables

_COMPILE = ("compile", "--indirect-selection", "empty", "--select", "+tag:now", "+tag:alerts")
_NAME_GROUPS = ("run-operation", "name_groups_for_live")


def tables_taking_events(settings: Settings) -> dict[str, tuple[EventTable, ...]]:
    """By source that is on; sources without any are left out. Raises ConfigError."""
    found = {name: event_tables(read_source_entry(settings, name)) for name in settings.sources}
    return {name: tables for name, tables in found.items() if tables}


def compile_program(settings: Settings, code: str, progress: Progress) -> Program:
    """The program of the models as they stand. The warehouse holds a build of them.

    The caller holds the lock. Raises BuildError if dbt can't compile it.
    """
    taking = {
        name: {table.table for table in tables}
        for name, tables in tables_taking_events(settings).items()
    }
    environ = dbt_environment(settings)
    given = ["--vars", json.dumps(settings.vars)] if settings.vars else []
    for arguments in (_NAME_GROUPS, _COMPILE):
        exit_code, errors = run_dbt(settings, [*arguments, *given], environ, progress)
        if exit_code:
            raise BuildError(
                f"dbt could not prepare the models for live: {errors.strip() or 'see its log'}. "
                "Run `storehouse build`, and then again."
            )
    with connect(settings, read_only=True) as con:
        ways = _ways(con)
    manifest = json.loads((settings.target_dir / "manifest.json").read_text("utf-8"))
    return Program(code, tuple(relations_of(manifest, ways, taking)))


def _ways(con: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[str, str]]]:
    ways: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for model, feed, sql in con.execute("from ops.live_ways").fetchall():
        ways[model].append((feed, sql))
    return ways
