"""Where the next load of an API, a database or the log resumes: one state per stream, in ops."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import duckdb

from storehouse.core.warehouse import transaction
from storehouse.landing import load_log

_SCHEMA = """
create table if not exists ops.load_states (
    source varchar not null,
    table_name varchar not null,     -- whose stream it is; or another stream
    state varchar not null,          -- JSON of the module that reads the source
    batch_id varchar not null,       -- the load that saved it
    saved_at timestamp not null,
    primary key (source, table_name)
)
"""


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Create the table if it is missing; the load log's schema must exist."""
    con.execute(_SCHEMA)


def read(con: duckdb.DuckDBPyConnection, source: str, table: str) -> dict[str, Any] | None:
    found = con.execute(
        "select state from ops.load_states where source = ? and table_name = ?", [source, table]
    ).fetchall()
    return dict(json.loads(found[0][0])) if found else None


def read_all(con: duckdb.DuckDBPyConnection, table: str) -> dict[str, dict[str, Any]]:
    """The states of one stream, by source."""
    found = con.execute("select source, state from ops.load_states where table_name = ?", [table])
    return {source: dict(json.loads(state)) for source, state in found.fetchall()}


def save_all(
    con: duckdb.DuckDBPyConnection,
    batch: load_log.Batch,
    source: str,
    states: Mapping[str, Mapping[str, Any]],
    now: datetime,
) -> None:
    """Save the states of several tables, all or none."""
    with transaction(con):
        for table, state in states.items():
            save(con, batch, (source, table), state, now)


def save(
    con: duckdb.DuckDBPyConnection,
    batch: load_log.Batch,
    stream: tuple[str, str],
    state: Mapping[str, Any],
    now: datetime,
) -> None:
    """Save the state of (source, table), in the same transaction as its rows."""
    con.execute(
        "insert or replace into ops.load_states values (?, ?, ?, ?, ?)",
        [*stream, json.dumps(state), batch.batch_id, load_log.utc(now)],
    )
