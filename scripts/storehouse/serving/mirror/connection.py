"""A connection to the PostgreSQL that holds a mirror, through ADBC."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa
from adbc_driver_manager import dbapi

from storehouse.core.errors import LockedError, PublishError
from storehouse.core.sql import literal
from storehouse.sources.database.postgresql_connection import connect, options_of
from storehouse.sources.rest.secrets import Secrets

_LOCKED = "55P03"

# What to do about an error, by how its SQLSTATE begins.
_REMEDIES = {
    _LOCKED: "Another session has locked a table of the mirror: wait until it ends, or end it, "
    "and run again.",
    "42501": "Have an administrator of the database give the mirror's user that right, and run "
    "again.",
    "2BP01": "A table or a column is not in this build, or not as it was. Drop what depends on "
    "it, run again, and create it again.",
    "23505": "Someone else changed the rows of the mirror: run `storehouse mirror --full`.",
    "": "See that the server runs, can be reached and has space, and run again.",
}

# Shorter than PostgreSQL's deadlock_timeout: where a reader has one table that is to be altered
# and waits for another, it is the mirror that gives way, and tries again.
_LOCK_TIMEOUT = "500ms"
_LOCK_ATTEMPTS = 60
_USUAL_LOCK_TIMEOUT = "60s"


class MirrorError(PublishError):
    """What PostgreSQL refused; `state` is its SQLSTATE, empty where there is none."""

    def __init__(self, message: str, state: str) -> None:
        super().__init__(message)
        self.state = state


class Connection:
    """Runs statements. Its errors are MirrorErrors, without any password."""

    def __init__(self, con: dbapi.Connection, secrets: Secrets) -> None:
        self._con = con
        self._secrets = secrets

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. Raises LockedError while another mirror is under way."""
        self.run("begin")
        try:
            self.run(f"set local lock_timeout = {literal(_USUAL_LOCK_TIMEOUT)}")
            self._be_alone()
            yield
            self.run("commit")
        except BaseException:
            with suppress(MirrorError):
                self.run("rollback")
            raise

    def _be_alone(self) -> None:
        ((is_alone,),) = self.rows("select pg_try_advisory_xact_lock(hashtext('storehouse'))")
        if not is_alone:
            raise LockedError(
                "Another `storehouse mirror` writes to that database. Wait until it has ended, "
                "and run again."
            )

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Within a transaction, which goes on as if nothing had been if the block fails."""
        self.run("savepoint attempt")
        try:
            yield
        except MirrorError:
            self.run("rollback to savepoint attempt")
            raise

    def lock(self, relations: Sequence[str]) -> None:
        """Keep readers out of tables for the rest of the transaction."""
        for left in reversed(range(_LOCK_ATTEMPTS)):
            try:
                with self.attempt():
                    self.run(f"set local lock_timeout = {literal(_LOCK_TIMEOUT)}")
                    self.run(f"lock table {', '.join(relations)} in access exclusive mode")
                    self.run(f"set local lock_timeout = {literal(_USUAL_LOCK_TIMEOUT)}")
            except MirrorError as error:
                if not left or error.state != _LOCKED:
                    raise
            else:
                return

    def run(self, sql: str) -> int:
        """How many rows it changed."""
        with self._cursor() as cursor:
            cursor.execute(sql)
            return int(cursor.rowcount)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self._cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    def copy(self, rows: pa.RecordBatchReader, table: str, schema: str | None = None) -> int:
        """Add rows to a table, a temporary one without `schema`; how many these were."""
        with self._cursor() as cursor:
            return int(
                cursor.adbc_ingest(
                    table, rows, "append", db_schema_name=schema, temporary=schema is None
                )
            )

    @contextmanager
    def _cursor(self) -> Iterator[dbapi.Cursor]:
        try:
            with closing(self._con.cursor()) as cursor:
                yield cursor
        except (dbapi.Error, OSError) as error:
            # The cause is left behind: its text may hold what this one must not.
            raise _error(error, self._secrets) from None


@contextmanager
def opened(url: str) -> Iterator[Connection]:
    """A connection to the database at `url`. Raises MirrorError."""
    password = urlsplit(url).password or ""
    others = [value for name, value in options_of(url).items() if "pass" in name]
    secrets = Secrets([password, unquote(password), *others])
    try:
        con = connect(url)
    except (dbapi.Error, OSError) as error:
        raise _error(error, secrets) from None
    with closing(con):
        yield Connection(con, secrets)


def _error(error: Exception, secrets: Secrets) -> MirrorError:
    state = str(getattr(error, "sqlstate", None) or "")
    said = secrets.hide(" ".join(str(error).split()))
    remedy = next(what for begin, what in _REMEDIES.items() if state.startswith(begin))
    return MirrorError(f"The mirror was not changed: {said}. {remedy}", state)
