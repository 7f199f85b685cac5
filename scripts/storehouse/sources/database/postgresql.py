"""PostgreSQL through ADBC: COPY into Arrow, in one read-only snapshot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from threading import Lock
from typing import Any, Self
from urllib.parse import unquote, urlsplit

import pyarrow as pa
from adbc_driver_manager import dbapi
from adbc_driver_manager._reader import AdbcRecordBatchReader
from adbc_driver_postgresql import StatementOptions

from storehouse.core.errors import SourceError, SourceUnavailable
from storehouse.core.sql import literal, quoted
from storehouse.sources.database import postgresql_columns as columns_of
from storehouse.sources.database.engine import (
    Cursor,
    Found,
    QueryError,
    UnreadableText,
    name_parts,
    plain_name,
)
from storehouse.sources.database.postgresql_connection import connect, options_of
from storehouse.sources.rest.secrets import Secrets

# How values are written, independent of settings of server, database, role, URL and environment.
_SETTINGS = {
    "client_encoding": "UTF8",
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "iso_8601",
    "bytea_output": "hex",
    "extra_float_digits": "3",
    "quote_all_identifiers": "off",
    "row_security": "on",
    "standard_conforming_strings": "on",
    "default_transaction_read_only": "on",
    "statement_timeout": "0",
    "lock_timeout": "60s",
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    "transaction_timeout": "0",
}

# Only those that this version of PostgreSQL has.
_SET = """
    select set_config(known.name, given.value, false)
    from (values {settings}) as given (name, value)
    inner join pg_settings as known on lower(given.name) = lower(known.name)
"""

_UNREADABLE = ("22021", "22P05")  # invalid bytes, a character that UTF-8 does not have

# What to do about a query that failed, by the beginning of its SQLSTATE; {user} is the role.
_REMEDIES = {
    "42501": "Grant user {user} the right to select from what its yml declares",
    "55P03": "Another session has locked it: wait until that ends, or end it",
    "57014": "The query was cancelled there, or took longer than the server allows: raise that",
    # Also if the watermark is invalid for a column's new type.
    "22": "Correct the value there, or the view or generated column that computes it; if a "
    "column's type was changed there, run `storehouse load --full` instead",
    "42": "If a column's type was changed there, run `storehouse load --full`",
    "": "See the server's log",
}

_SERVER = """
    select
        getdatabaseencoding(),
        current_setting('server_version_num')::int,
        current_user::text
"""

_INFINITE_NUMERIC = 140000  # the version from which a numeric may be infinite

_SAVEPOINT = "storehouse"

_MOST_PARTS = 2  # of a table's name: its schema and its own

# Small batches stay in the processor's cache.
_BATCH_BYTES = 1024 * 1024

# A row arrives late, with a time before the snapshot, if its transaction was open then: the read
# counts as begun with the oldest one. Those of other users are visible to pg_read_all_stats.
_START = """
    select now()::text, least(now(), min(xact_start))::text
    from pg_stat_activity
    where
        datname = current_database()
        and pid <> pg_backend_pid()
        and backend_type = 'client backend'
"""


class PostgreSQL:
    """A connection in one snapshot; see Engine. Use as a context manager."""

    def __init__(self, url: str, variable: str) -> None:
        self._url = url
        self._variable = variable
        parts, options = urlsplit(url), options_of(url)
        self._address = (
            f"{parts.hostname or options.get('host') or 'this machine'}:"
            f"{parts.port or options.get('port') or 5432}"
        )
        passwords = [value for name, value in options.items() if "pass" in name]
        self._secrets = Secrets([unquote(parts.password or ""), *passwords])
        self._secrets.add(parts.password or "")
        self._taken_at = self._start = self._encoding = self._user = ""
        self._version = 0
        self._relations: dict[str, str] = {}
        self._in_snapshot = False
        self._lock = Lock()

    def __enter__(self) -> Self:
        with self._translated():
            self._con = connect(self._url)
        try:
            settings = ", ".join(
                f"({literal(name)}, {literal(value)})" for name, value in _SETTINGS.items()
            )
            with self._translated(), self._con.cursor() as cursor:
                cursor.execute("set statement_timeout = 0")
            self.rows(_SET.format(settings=settings))
            ((self._encoding, self._version, self._user),) = self.rows(_SERVER)
            # Before the snapshot: a transaction that ends between the two is seen here.
            ((self._taken_at, self._start),) = self.rows(_START)
            with self._translated(), self._con.cursor() as cursor:
                cursor.execute("begin isolation level repeatable read, read only")
                cursor.execute(f"savepoint {_SAVEPOINT}")
            self._in_snapshot = True
        except BaseException:
            self._con.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        # An aborted load may leave a thread in the middle of a read.
        with self._lock:
            self._con.close()

    @property
    def label(self) -> str:
        return f"PostgreSQL at {self._address}"

    @property
    def taken_at(self) -> str:
        return self._taken_at

    @property
    def start(self) -> str:
        return self._start

    def columns(self, table: str) -> Sequence[Found] | None:
        relation = self.relation(table)
        if table not in self._relations:
            return None
        rows = self.rows(columns_of.COLUMNS.format(relation=literal(relation)))
        return [columns_of.column(*row) for row in rows]

    def remarks(self, table: str) -> Sequence[str]:
        ((_, _, hides),) = self._found(self.relation(table))
        if not hides:
            return ()
        remark = (
            f"row-level security applies to user {self._user!r}: rows that its policies hide do "
            "not land, and delete detection takes them for deleted. Grant the user bypassrls if it "
            "should see all"
        )
        return (remark,)

    def tables(self) -> Sequence[str]:
        return [plain_name(*filter(None, row)) for row in self.rows(columns_of.TABLES)]

    def relation(self, table: str) -> str:
        if table not in self._relations:
            parts = name_parts(table) or table.split(".")
            named = ".".join(quoted(part) for part in parts)
            found = self._found(named) if len(parts) <= _MOST_PARTS else []
            if not found:
                return named
            self._relations[table] = ".".join(quoted(part) for part in found[0][:2])
        return self._relations[table]

    def _found(self, relation: str) -> list[tuple[Any, ...]]:
        return self.rows(columns_of.TABLE.format(relation=literal(relation)))

    def as_text(self, column: Found) -> str:
        return columns_of.as_text(column)

    def order(self, column: Found) -> str:
        return columns_of.order(column)

    def value(self, text: str, column: Found) -> str:
        return columns_of.value(text, column)

    def cursor(self, column: Found, zone: str, unit: str) -> Cursor:
        return columns_of.PostgreSQLCursor(column, zone, unit, self._version >= _INFINITE_NUMERIC)

    def checked(self, text: str) -> str:
        # Without a conversion the bytes must be UTF-8 already.
        encoding = "UTF8" if self._encoding == "SQL_ASCII" else self._encoding
        return f"length(convert({self._bytes(text)}, {literal(encoding)}, 'UTF8'))"

    def shown(self, text: str) -> str:
        return f"encode({self._bytes(text)}, 'hex')"

    def _bytes(self, text: str) -> str:
        return f"convert_to({text}, {literal(self._encoding)})"

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
            # Errors from the cursor's own reader have lost their SQLSTATE.
            stream = cursor.fetch_arrow()
            reader = AdbcRecordBatchReader._import_from_c(stream.address)  # noqa: SLF001
            with closing(reader):
                while (batch := self._next(reader)) is not None:
                    yield batch

    def _next(self, reader: AdbcRecordBatchReader) -> pa.RecordBatch | None:
        with self._lock, suppress(StopIteration):
            return reader.read_next_batch()
        return None

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (dbapi.Error, pa.ArrowException, OSError, UnicodeError) as error:
            # Without its cause, whose text may hold what this one must not.
            lives = self._in_snapshot and self._roll_back()
            raise self._error(error, lives) from None

    def _roll_back(self) -> bool:
        """Whether the snapshot still exists after a failed statement."""
        with suppress(dbapi.Error), self._con.cursor() as cursor:
            cursor.execute(f"rollback to savepoint {_SAVEPOINT}")
            return True
        return False

    def _error(self, error: Exception, lives: bool) -> SourceError:
        state = str(getattr(error, "sqlstate", None) or "")
        message = self._secrets.hide(" ".join(str(error).split()))
        if "authentication failed" in str(error):
            return SourceUnavailable(
                f"{self.label} refused the user or password: {message}. Correct them in "
                f"{self._variable} and run again."
            )
        if not lives:
            return SourceUnavailable(
                f"{self.label} could not be read: {message}. Check that it is running and that "
                f"{self._variable} is its address, and run again: what was stored stays, and the "
                "load resumes there."
            )
        if state in _UNREADABLE:
            return UnreadableText(f"{self.label}: {message}")
        remedy = next(what for class_, what in _REMEDIES.items() if state.startswith(class_))
        return QueryError(
            f"{self.label} could not answer: {message}. {remedy.format(user=repr(self._user))}, "
            "and run again: what was stored stays."
        )
