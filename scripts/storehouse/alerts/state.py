"""What is remembered of alerts, in a small database of its own. Times are UTC.

    alerts/state.duckdb, alerts/state.lock

Runs and live write it, each for some milliseconds at a time under its lock: a run holds the
warehouse for minutes. `ops.alerts` has a row for each alert that was ever found;
`ops.alert_notices` what there is to tell of it; `ops.alert_deliveries` what a target was told;
`ops.alert_evaluations` when runs evaluated them, and `ops.alert_lanes` when lanes of live did. One
evaluation is one transaction over all but the deliveries. A message is sent before its delivery is
written, so that a kill between the two repeats that message and none is lost.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from storehouse.core.config import Settings
from storehouse.core.lock import hold_soon
from storehouse.core.sql import literal
from storehouse.core.warehouse import connect, opening_error, transaction

_LOCK = "alerts/state.lock"
# It is held for milliseconds; a machine may be busy.
_WAIT_SECONDS = 30.0

_SCHEMA = """
create schema ops;
create table ops.alerts (
    alert_key varchar not null,      -- one row a key
    source_name varchar,
    alert_rule varchar not null,
    severity varchar not null,
    subject varchar not null,
    detail varchar not null,         -- as it was found last
    stale_reason varchar,
    is_operation boolean not null,   -- whether it is about loads and builds
    is_event boolean not null,
    is_stale boolean not null,
    occurred_at timestamp,
    first_seen_at timestamp not null,
    last_seen_at timestamp not null, -- the last evaluation that found it
    absent_since timestamp,          -- the first evaluation in a row that did not find it
    present_count integer not null,  -- evaluations in a row that found it
    absent_count integer not null,   -- evaluations in a row that did not
    raised_at timestamp,             -- when it counted as an alert; null until raise_after
    acknowledged_at timestamp,
    cleared_at timestamp             -- null while it is open
);
create table ops.alert_notices (
    alert_key varchar not null,
    raised_at timestamp not null,    -- which time that it was raised
    kind varchar not null,           -- raised, cleared
    due_at timestamp not null        -- not to be sent before: digest
);
create table ops.alert_deliveries (
    alert_key varchar not null,
    raised_at timestamp not null,
    kind varchar not null,
    target_name varchar not null,
    sent_at timestamp not null
);
create table ops.alert_evaluations (
    evaluated_at timestamp not null,
    problem varchar                  -- why alerts on the shop kept their last state; else null
);
create table ops.alert_lanes (
    lane varchar not null,           -- one row a lane and problem
    rules varchar[] not null,        -- of its rules, those with that problem, or with none
    evaluated_at timestamp,          -- when they were compared last; null before the first time
    problem varchar                  -- why their alerts keep their last state; else null
);
"""
# What warehouses had before the state had a file of its own.
_OLD_TABLES = ("alerts", "alert_notices", "alert_deliveries", "alert_evaluations")


class Kept:
    """A database of one thread, for `opened`: attaching takes a tenth of the time of opening."""

    def __init__(self) -> None:
        self._con: duckdb.DuckDBPyConnection | None = None

    @contextmanager
    def attached(self, file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
        """The file, which is closed at last whatever goes wrong. Raises as `opened`."""
        if self._con is None:
            self._con = duckdb.connect(config={"threads": 1})
            self._con.execute("set TimeZone = 'UTC'")
        con = self._con
        try:
            try:
                con.execute(f"attach {literal(file)} as state")
            except duckdb.Error as error:
                raise opening_error(file, error) from error
            con.execute("use state")
            yield con
        finally:
            # What was committed is in the file or its log (WAL), also where this fails.
            try:
                con.execute("use memory")
                con.execute("detach database if exists state")
            except duckdb.Error:
                self.close()

    def close(self) -> None:
        if self._con is not None:
            self._con.close()
            self._con = None


@contextmanager
def opened(settings: Settings, kept: Kept | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """The state, for this process alone while the block runs: keep that short.

    It is created if it is missing, with what the warehouse remembers from before it had a file
    of its own. Raises LockedError while another program has it open, or has the warehouse open
    that it is to be taken from.
    """
    with hold_soon(settings, _LOCK, seconds=_WAIT_SECONDS):
        file = _file(settings)
        if not file.exists():
            _create(settings, file)
        with kept.attached(file) if kept else _connected(file) as con:
            yield con


@contextmanager
def reading(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """The state, or the warehouse while the state is not in a file of its own; read-only.

    Raises ConfigError if there is no warehouse either, and LockedError as `opened`.
    """
    if not _file(settings).exists():
        with connect(settings, read_only=True) as con:
            yield con
        return
    with (
        hold_soon(settings, _LOCK, seconds=_WAIT_SECONDS, shared=True),
        _connected(_file(settings), read_only=True) as con,
    ):
        yield con


def is_prepared(con: duckdb.DuckDBPyConnection) -> bool:
    return exists(con, "ops.alerts")


def exists(con: duckdb.DuckDBPyConnection, relation: str) -> bool:
    """Whether there is a table or view of the name `schema.name`."""
    schema, _, name = relation.partition(".")
    found = con.execute(
        "select 1 from information_schema.tables where table_catalog = current_database() "
        "and table_schema = ? and table_name = ?",
        [schema, name],
    )
    return bool(found.fetchall())


def drop_old_tables(settings: Settings, con: duckdb.DuckDBPyConnection) -> None:
    """Drop what the warehouse remembered, once it is in the state's file."""
    if _file(settings).exists() and is_prepared(con):
        with transaction(con):
            for name in _OLD_TABLES:
                con.execute(f"drop table if exists ops.{name}")


def _file(settings: Settings) -> Path:
    return settings.alerts_dir / "state.duckdb"


@contextmanager
def _connected(file: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    try:
        con = duckdb.connect(str(file), read_only=read_only, config={"threads": 1})
    except duckdb.Error as error:
        raise opening_error(file, error) from error
    with con:
        con.execute("set TimeZone = 'UTC'")
        yield con


def _create(settings: Settings, file: Path) -> None:
    aside = file.with_name(f".{file.name}")
    for leftover in (aside, aside.with_name(f"{aside.name}.wal")):
        leftover.unlink(missing_ok=True)
    with _connected(aside) as con:
        con.execute(_SCHEMA)
    if settings.warehouse.exists():
        with connect(settings) as con:
            if is_prepared(con):
                _take_over(con, aside)
    for path in (aside, file.parent):
        _sync(path)
    aside.rename(file)
    _sync(file.parent)


def _take_over(warehouse: duckdb.DuckDBPyConnection, file: Path) -> None:
    warehouse.execute(f"attach {literal(file)} as state")
    try:
        for name in _OLD_TABLES:
            warehouse.execute(f"insert into state.ops.{name} by name from ops.{name}")
    finally:
        warehouse.execute("detach state")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
