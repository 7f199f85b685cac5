"""The load log in schema ops: what landed, when and from which file, what did not; and builds.

Times are UTC. `ops.loads` has a row for each file version that landed, and one for each
file that is refused. A fetched file that its server no longer has gets a version without bytes.
`ops.rejected_rows` holds the rows quarantined from landed files, so that
landed + rejected = delivered.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import duckdb

from storehouse.core.warehouse import transaction
from storehouse.sources.declarations.full import Place

_SCHEMA = """
create schema if not exists ops;
create table if not exists ops.loads (
    source varchar not null,
    table_name varchar not null,
    source_file varchar not null,
    sha256 varchar,                  -- of its content, unpacked; null where it could not be read
    bytes bigint,
    row_count bigint not null,
    rejected_row_count bigint not null,
    batch_id varchar not null,
    started_at timestamp not null,
    ended_at timestamp not null,
    loaded_at timestamp,             -- of its rows; null where it was refused
    status varchar not null,         -- loaded, rejected, resolved (was rejected)
    error varchar,
    delivery varchar,                -- its place among full deliveries, sorted as text; else null
    delivered_at timestamp,          -- moment that a full delivery states for itself
    packed_sha256 varchar            -- of the bytes of a packed file; else null
);
alter table ops.loads add column if not exists delivery varchar;
alter table ops.loads add column if not exists delivered_at timestamp;
alter table ops.loads add column if not exists packed_sha256 varchar;
-- Homes of before 2026-11-29 noted copies, and passed them over for good.
delete from ops.loads where status = 'copy';
create table if not exists ops.rejected_rows (
    source varchar not null,
    table_name varchar not null,
    source_file varchar not null,
    batch_id varchar not null,
    line_number bigint not null,     -- where the row begins in the file, 1 for its first line
    reason varchar not null,
    line varchar not null
);
create table if not exists ops.builds (
    build_id varchar not null,
    invocation_id varchar not null,  -- dbt's, as in ops.dbt_invocations
    sources varchar not null,        -- those that were on, comma-separated
    started_at timestamp not null,
    ended_at timestamp not null,
    status varchar not null,         -- passed, failed
    model_count integer not null,
    test_count integer not null,
    failed_count integer not null,
    loaded_until timestamp,          -- newest loaded_at that it could read
    tables varchar[] not null,       -- its marts and reports, as schema.name
    failed_names varchar[],          -- models and tests that failed
    finding_count bigint,            -- findings that were open when it ended
    code_hash varchar,               -- of the models' code
    settings json,                   -- vars that it was built with, and its sources
    project_hash varchar,            -- of all that its verdict depends on but data
    keys json                        -- by table, the columns that identify a row
);
alter table ops.builds add column if not exists failed_names varchar[];
alter table ops.builds add column if not exists finding_count bigint;
alter table ops.builds add column if not exists code_hash varchar;
alter table ops.builds add column if not exists settings json;
alter table ops.builds add column if not exists project_hash varchar;
alter table ops.builds add column if not exists keys json;
create table if not exists ops.metric_definitions (
    code_hash varchar primary key,   -- of the models' code
    document json not null           -- dbt's semantic manifest
);
create table if not exists ops.unit_test_passes (
    code_hash varchar primary key,   -- of all that a unit test's verdict depends on
    build_id varchar not null        -- the build in which all of them passed
);
"""

# The hash of no bytes: no file that lands is empty.
_NOTHING = hashlib.sha256().hexdigest()


@dataclass(frozen=True)
class Batch:
    """One load: what all of its rows have in common."""

    batch_id: str
    loaded_at: datetime


@dataclass(frozen=True)
class Entry:
    """A row of ops.loads, without the columns of its batch."""

    source: str
    table: str
    source_file: str
    sha256: str | None
    bytes: int | None
    started_at: datetime
    ended_at: datetime
    row_count: int = 0
    rejected_row_count: int = 0
    error: str | None = None
    place: Place | None = None
    packed_sha256: str | None = None


@dataclass(frozen=True)
class Version:
    """The newest landed version of a file; `delivery` is its place among full deliveries."""

    sha256: str | None
    delivery: str | None
    packed_sha256: str | None = None

    @property
    def is_gone(self) -> bool:
        return self.sha256 == _NOTHING


def prepare(con: duckdb.DuckDBPyConnection) -> None:
    """Create the load log's tables if they are missing."""
    with transaction(con):
        con.execute(_SCHEMA)


def is_prepared(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether the load log's tables exist."""
    found = con.execute(
        "select 1 from duckdb_tables() where schema_name = 'ops' and table_name = 'builds'"
    )
    return bool(found.fetchall())


def utc(moment: datetime) -> datetime:
    """An aware datetime as DuckDB's timestamp stores it: UTC, without zone."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def open_batch(con: duckdb.DuckDBPyConnection, now: Callable[[], datetime]) -> Batch:
    """Begin a load; creates the load log's tables if they are missing.

    `loaded_at` is now, or a microsecond after that of the last load if the clock went back:
    incremental models read what is later than their watermark.
    """
    prepare(con)
    ((last,),) = con.execute("select max(loaded_at) from ops.loads").fetchall()
    loaded_at = utc(now())
    if last is not None:
        loaded_at = max(loaded_at, last + timedelta(microseconds=1))
    return Batch(f"{loaded_at:%Y%m%dT%H%M%S.%fZ}", loaded_at)


def current_versions(con: duckdb.DuckDBPyConnection, source: str, table: str) -> dict[str, Version]:
    """The newest landed version of each file of a table, by its name."""
    rows = con.execute(
        """
        select source_file, sha256, delivery, packed_sha256
        from ops.loads
        where source = ? and table_name = ? and status = 'loaded'
        qualify row_number() over (partition by source_file order by loaded_at desc) = 1
        """,
        [source, table],
    )
    return {name: Version(*version) for name, *version in rows.fetchall()}


def rehash(
    con: duckdb.DuckDBPyConnection, source: str, table: str, contents: Mapping[str, str]
) -> None:
    """Replace hashes of packed bytes by those of the contents.

    Homes from before 2026-11-29 hashed packed files without unpacking them.
    """
    con.execute(
        """
        update ops.loads
        set packed_sha256 = sha256, sha256 = contents[sha256]
        from (select map($packed::varchar[], $unpacked::varchar[]) as contents)
        where source = $source and table_name = $table and packed_sha256 is null
            and list_contains($packed::varchar[], sha256)
        """,
        {
            "source": source,
            "table": table,
            "packed": list(contents),
            "unpacked": list(contents.values()),
        },
    )


def record_loaded(con: duckdb.DuckDBPyConnection, batch: Batch, entries: Sequence[Entry]) -> None:
    """Add the load log's entries for landed files, in the transaction of their rows."""
    count = len(entries)
    _insert(
        con,
        "ops.loads",
        {
            "source": [entry.source for entry in entries],
            "table_name": [entry.table for entry in entries],
            "source_file": [entry.source_file for entry in entries],
            "sha256": [entry.sha256 for entry in entries],
            "bytes": [entry.bytes for entry in entries],
            "row_count": [entry.row_count for entry in entries],
            "rejected_row_count": [entry.rejected_row_count for entry in entries],
            "batch_id": [batch.batch_id] * count,
            "started_at": [entry.started_at for entry in entries],
            "ended_at": [entry.ended_at for entry in entries],
            "loaded_at": [batch.loaded_at] * count,
            "status": ["loaded"] * count,
            "delivery": [entry.place and entry.place.key for entry in entries],
            "delivered_at": [entry.place and entry.place.delivered_at for entry in entries],
            "packed_sha256": [entry.packed_sha256 for entry in entries],
        },
    )


def record_gone(
    con: duckdb.DuckDBPyConnection, batch: Batch, source: str, table: str, names: Sequence[str]
) -> None:
    """Add a version without bytes and rows for each file: its landed rows are not current."""
    at = batch.loaded_at
    entries = [
        Entry(source, table, name, _NOTHING, 0, started_at=at, ended_at=at) for name in names
    ]
    record_loaded(con, batch, entries)


def record_rejected_rows(
    con: duckdb.DuckDBPyConnection,
    batch: Batch,
    entry: Entry,
    rows: Sequence[tuple[int, str, str]],
) -> None:
    """Keep the rows quarantined from a landed file: (line number, reason, text)."""
    count = len(rows)
    _insert(
        con,
        "ops.rejected_rows",
        {
            "source": [entry.source] * count,
            "table_name": [entry.table] * count,
            "source_file": [entry.source_file] * count,
            "batch_id": [batch.batch_id] * count,
            "line_number": [line for line, _, _ in rows],
            "reason": [reason for _, reason, _ in rows],
            "line": [text for _, _, text in rows],
        },
    )


def record_rejected(con: duckdb.DuckDBPyConnection, batch: Batch, entry: Entry) -> None:
    """Record a file that did not land: one row per file, replaced by each load."""
    con.execute(
        """
        delete from ops.loads
        where source = ? and table_name = ? and source_file = ? and status = 'rejected'
        """,
        [entry.source, entry.table, entry.source_file],
    )
    _insert(
        con,
        "ops.loads",
        {
            "source": [entry.source],
            "table_name": [entry.table],
            "source_file": [entry.source_file],
            "sha256": [entry.sha256],
            "bytes": [entry.bytes],
            "row_count": [0],
            "rejected_row_count": [entry.rejected_row_count],
            "batch_id": [batch.batch_id],
            "started_at": [entry.started_at],
            "ended_at": [entry.ended_at],
            "status": ["rejected"],
            "error": [entry.error],
        },
    )


def resolve_others(
    con: duckdb.DuckDBPyConnection, source: str, table: str, refused: Sequence[str]
) -> None:
    """Mark files as resolved that were rejected before and are now fixed or removed."""
    con.execute(
        """
        update ops.loads
        set status = 'resolved'
        where source = ? and table_name = ? and status = 'rejected'
            and not list_contains(?::varchar[], source_file)
        """,
        [source, table, list(refused)],
    )


def _insert(
    con: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, Sequence[object]]
) -> None:
    values = ", ".join(f"unnest(?) as {name}" for name in columns)
    con.execute(f"insert into {table} by name select {values}", list(columns.values()))
