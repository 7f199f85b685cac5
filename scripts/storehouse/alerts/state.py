"""What is remembered of alerts: tables in schema ops. Times are UTC.

`ops.alerts` has a row for each alert that was ever found; `ops.alert_notices` what there is to
tell of it; `ops.alert_deliveries` what a target was told; `ops.alert_evaluations` when they were
evaluated. One evaluation is one transaction over all but the deliveries. A message is sent before
its delivery is written, so that a kill between the two repeats that message and none is lost.
"""

from __future__ import annotations

import duckdb

from storehouse.core.warehouse import transaction

_SCHEMA = """
create schema if not exists ops;
create table if not exists ops.alerts (
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
    present_count integer not null,  -- evaluations in a row that found it
    absent_count integer not null,   -- evaluations in a row that did not
    raised_at timestamp,             -- when it counted as an alert; null until raise_after
    acknowledged_at timestamp,
    cleared_at timestamp             -- null while it is open
);
create table if not exists ops.alert_notices (
    alert_key varchar not null,
    raised_at timestamp not null,    -- which time that it was raised
    kind varchar not null,           -- raised, cleared
    due_at timestamp not null        -- not to be sent before: digest
);
create table if not exists ops.alert_deliveries (
    alert_key varchar not null,
    raised_at timestamp not null,
    kind varchar not null,
    target_name varchar not null,
    sent_at timestamp not null
);
create table if not exists ops.alert_evaluations (
    evaluated_at timestamp not null,
    problem varchar                  -- why alerts on the shop kept their last state; else null
);
"""


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Create the tables if they are missing."""
    with transaction(con):
        con.execute(_SCHEMA)


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
