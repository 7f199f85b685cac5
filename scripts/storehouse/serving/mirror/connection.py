"""A connection to the PostgreSQL that holds a mirror, through ADBC."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa
from adbc_driver_manager import dbapi

from storehouse.core.errors import ConfigError, LockedError, PublishError
from storehouse.core.sql import literal
from storehouse.serving.mirror.remedies import CONNECTION, LOCKED, remedy
from storehouse.sources.database.connection import is_url_of
from storehouse.sources.database.postgresql_connection import connect, options_of
from storehouse.sources.rest.secrets import Secrets

_DEADLOCKED = "40P01"

# For the transaction, whatever the role or the database sets. The keepalives have the server
# notice within a minute that this machine is gone, and let the next mirror begin.
_SETTINGS = {
    "lock_timeout": "60s",
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}
_LOCK_ATTEMPTS = 60
# Shorter than PostgreSQL's deadlock_timeout: where a reader has one table that is to be altered
# and waits for another, it is the mirror that gives way, and tries again.
_SHORT_LOCK_TIMEOUT = """
    select set_config('lock_timeout', ceil(setting::int / 2.0)::text, true)
    from pg_settings where name = 'deadlock_timeout'
"""


class MirrorError(PublishError):
    """What PostgreSQL refused, as it said it; `state` is its SQLSTATE, empty without one."""

    def __init__(self, message: str, state: str, said: str) -> None:
        super().__init__(message)
        self.state = state
        self.said = said


class Connection:
    """Runs statements. Its errors are MirrorErrors, without any password."""

    def __init__(self, con: dbapi.Connection, secrets: Secrets) -> None:
        self._con = con
        self._secrets = secrets

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing. Raises LockedError while another mirror is under way."""
        # A limit of the database may be over before the transaction's second statement.
        self.run("set idle_in_transaction_session_timeout = '0'")
        self.run("begin isolation level read committed, read write")
        try:
            for name, value in _SETTINGS.items():
                self.run(f"set local {name} = {literal(value)}")
            self._be_alone()
            yield
            self._commit()
        except BaseException:
            with suppress(MirrorError):
                self.run("rollback")
            raise

    def _commit(self) -> None:
        try:
            self.run("commit")
        except MirrorError as error:
            if error.state and not error.state.startswith(CONNECTION):
                raise
            raise MirrorError(
                f"The connection broke during the commit: {error.said}. The mirror has either "
                "this build or the one before, whole: run again, which finds out.",
                error.state,
                error.said,
            ) from None

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
        """Keep readers out of tables for the rest of the transaction.

        First others that maintain them: PostgreSQL ends an autovacuum for who waits as long as its
        deadlock_timeout.
        """
        listed = ", ".join(relations)
        self.run(f"lock table {listed} in share update exclusive mode")
        for left in reversed(range(_LOCK_ATTEMPTS)):
            try:
                with self.attempt():
                    self.rows(_SHORT_LOCK_TIMEOUT)
                    self.run(f"lock table {listed} in access exclusive mode")
                    self.run(f"set local lock_timeout = {literal(_SETTINGS['lock_timeout'])}")
            except MirrorError as error:
                if not left or error.state not in (LOCKED, _DEADLOCKED):
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
    """A connection to the database at `url`. Raises MirrorError, ConfigError for no such URL."""
    url = url.strip()
    if not is_url_of(url, "postgresql", "postgres"):
        raise ConfigError(
            "The URL of the mirror's database is not one. Write "
            "postgresql://USER:PASSWORD@HOST:PORT/DATABASE, special characters of the password "
            "as %-codes."
        )
    secrets = _secrets(url)
    try:
        con = connect(url)
    except (dbapi.Error, OSError) as error:
        raise _error(error, secrets) from None
    with closing(con):
        yield Connection(con, secrets)


def _secrets(url: str) -> Secrets:
    password = urlsplit(url).password or ""
    others = [value for name, value in options_of(url).items() if "pass" in name]
    return Secrets([url, password, unquote(password), *others])


def _error(error: Exception, secrets: Secrets) -> MirrorError:
    state = str(getattr(error, "sqlstate", None) or "")
    said = secrets.hide(" ".join(str(error).split()))
    return MirrorError(f"The mirror was not changed: {said}. {remedy(state)}", state, said)
