"""PostgreSQL through ADBC: COPY into Arrow, in one read-only snapshot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any, Self
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode

import adbc_driver_postgresql.dbapi as postgresql
import pyarrow as pa
import stamina
import stamina.instrumentation
from adbc_driver_manager import dbapi
from adbc_driver_postgresql import StatementOptions

from storehouse.errors import SourceContractError, SourceError, SourceUnavailable
from storehouse.sources.database.engine import Found, Kind, literal, quoted

# What libpq does unless the URL says otherwise: give up on a server that is gone.
_DEFAULTS = {
    "application_name": "storehouse",
    "connect_timeout": "10",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "3",
}

# What may pass in a moment when a connection fails: libpq gives its reason as text only.
_ATTEMPTS = 4
_FIRST_WAIT_SECONDS = 0.5
_PASSING = (
    "Connection refused",
    "Connection reset",
    "closed the connection",
    "could not translate host name",
    "timeout expired",
    "timed out",
    "No route to host",
    "is starting up",
    "is shutting down",
    "in recovery mode",
    "too many clients",
    "too many connections",
    "remaining connection slots",
)

# How values are written, whatever the server's own settings are.
_SETTINGS = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "iso_8601",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "standard_conforming_strings": "on",
    "default_transaction_read_only": "on",
    "statement_timeout": "0",
    "lock_timeout": "60s",
    "idle_in_transaction_session_timeout": "0",
}

# Small pieces stay in the processor's cache.
_BATCH_BYTES = 1024 * 1024

_KINDS: dict[str, Kind] = {
    "timestamp with time zone": "time",
    "timestamp without time zone": "time",
    "date": "date",
    "smallint": "number",
    "integer": "number",
    "bigint": "number",
    "numeric": "number",
}

# A row comes late, with a time before the snapshot, if its transaction was open then: the
# read counts as begun with the oldest. Those of other users are shown to pg_read_all_stats.
_START = """
    select now()::text, least(now(), min(xact_start))::text
    from pg_stat_activity
    where
        datname = current_database()
        and pid <> pg_backend_pid()
        and backend_type = 'client backend'
"""

_COLUMNS = """
    select
        a.attname::text,
        format_type(a.atttypid, a.atttypmod),
        format_type(coalesce(nullif(t.typbasetype, 0), t.oid), null),
        t.typcategory::text,
        a.attnotnull
    from pg_attribute as a
    inner join pg_type as t on a.atttypid = t.oid
    where a.attrelid = to_regclass({relation}) and a.attnum > 0 and not a.attisdropped
    order by a.attnum
"""

_TABLES = """
    select
        case when table_schema = current_schema() then '' else table_schema || '.' end
        || table_name
    from information_schema.tables
    where table_schema not in ('pg_catalog', 'information_schema')
    order by 1
"""


class PostgreSQL:
    """A connection in one snapshot; see Engine. Use as a context manager."""

    def __init__(self, url: SplitResult, variable: str) -> None:
        self._url = url
        self._variable = variable
        options = parse_qsl(url.query)
        self._secrets = {url.password, unquote(url.password or "")}
        self._secrets |= {value for name, value in options if "pass" in name}
        # What is not plain in a column's type: its values are written as JSON.
        self._nested: set[str] = set()
        self._taken_at = self._start = ""
        self._lock = Lock()

    def __enter__(self) -> Self:
        with self._translated():
            self._con = self._connect()
        try:
            settings = ", ".join(
                f"set_config({literal(name)}, {literal(value)}, false)"
                for name, value in _SETTINGS.items()
            )
            self.rows(f"select {settings}")
            # Before the snapshot: a transaction that ends between the two is seen here.
            ((self._taken_at, self._start),) = self.rows(_START)
            with self._translated(), self._con.cursor() as cursor:
                cursor.execute("begin isolation level repeatable read, read only")
        except BaseException:
            self._con.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        # A load that is broken off may leave a thread in the middle of a read.
        with self._lock:
            self._con.close()

    def _connect(self) -> dbapi.Connection:
        options = urlencode({**_DEFAULTS, **dict(parse_qsl(self._url.query))})
        url = self._url._replace(query=options).geturl()
        stamina.instrumentation.set_on_retry_hooks([])
        for attempt in stamina.retry_context(
            on=_may_pass,
            attempts=_ATTEMPTS,
            timeout=None,
            wait_initial=_FIRST_WAIT_SECONDS,
            wait_jitter=_FIRST_WAIT_SECONDS,
        ):
            with attempt:
                connection: dbapi.Connection = postgresql.connect(url, autocommit=True)
                return connection
        raise AssertionError("unreachable")

    @property
    def label(self) -> str:
        return f"PostgreSQL at {self._url.hostname}:{self._url.port or 5432}"

    @property
    def taken_at(self) -> str:
        return self._taken_at

    @property
    def start(self) -> str:
        return self._start

    def columns(self, table: str) -> Sequence[Found] | None:
        found = []
        relation = self.relation(table)
        sql = _COLUMNS.format(relation=literal(relation))
        for name, kind, base, category, not_null in self.rows(sql):
            found.append(Found(name, kind, _KINDS.get(base, "other"), not not_null))
            if category in "AC":
                self._nested.add(kind)
        return found or None

    def tables(self) -> Sequence[str]:
        return [name for (name,) in self.rows(_TABLES)]

    def relation(self, table: str) -> str:
        return ".".join(quoted(part) for part in table.split("."))

    def as_text(self, column: Found) -> str:
        name = f"t.{quoted(column.name)}"
        return f"to_json({name})::text" if column.type in self._nested else f"{name}::text"

    def value(self, text: str, column: Found) -> str:
        return f"{literal(text)}::{column.type}"

    def moment(self, moment: str, column: Found, zone: str, earlier: int = 0) -> str:
        instant = f"({literal(moment)}::timestamptz - interval '{earlier} seconds')"
        if column.type.endswith("with time zone"):
            return instant
        return f"({instant} at time zone {literal(zone)})::{column.type}"

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self._lock, self._translated(), self._con.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    def read(self, sql: str) -> Iterator[pa.RecordBatch]:
        with self._translated(), self._con.cursor() as cursor:
            cursor.adbc_statement.set_options(
                **{StatementOptions.BATCH_SIZE_HINT_BYTES.value: str(_BATCH_BYTES)}
            )
            with self._lock:
                cursor.execute(sql)
            with cursor.fetch_record_batch() as reader:
                while (batch := self._next(reader)) is not None:
                    yield batch

    def _next(self, reader: pa.RecordBatchReader) -> pa.RecordBatch | None:
        with self._lock:
            return next(reader, None)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (dbapi.Error, pa.ArrowException, OSError) as error:
            # The cause is left behind: its text may hold what this one must not.
            raise self._error(error) from None

    def _error(self, error: Exception) -> SourceError:
        state = str(getattr(error, "sqlstate", None) or "")
        said = " ".join(str(error).split())
        for secret in filter(None, self._secrets):
            said = said.replace(secret, "***")
        if "authentication failed" in said:
            return SourceUnavailable(
                f"{self.label} lets nobody in: {said}. Put user and password right in "
                f"{self._variable} and run again."
            )
        if state.startswith("42501"):
            return SourceContractError(
                f"{self.label}: {said}. Grant user {unquote(self._url.username or '')!r} the "
                "right to select from what its yml declares, and run again."
            )
        if state[:2] in ("22", "2B", "42"):
            return SourceContractError(
                f"{self.label} can't answer what was asked: {said}. If a column's type was "
                "changed there, run `storehouse load --full`."
            )
        return SourceUnavailable(
            f"{self.label} could not be read: {said}. See that it runs and that "
            f"{self._variable} is its address, and run again: what was stored stays, and the "
            "load goes on from there."
        )


def _may_pass(error: Exception) -> bool:
    return isinstance(error, dbapi.Error) and any(reason in str(error) for reason in _PASSING)
