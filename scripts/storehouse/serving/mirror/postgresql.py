"""PostgreSQL as the mirror writes it, through ADBC."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from typing import Any
from urllib.parse import unquote, urlsplit

import pyarrow as pa
import stamina
from adbc_driver_manager import dbapi

from storehouse.core.errors import LockedError, PublishError
from storehouse.core.sql import literal, quoted
from storehouse.serving.mirror.tables import SCHEMAS, Table
from storehouse.sources.database.postgresql_connection import connect, options_of
from storehouse.sources.rest.secrets import Secrets

_MARK = "storehouse mirror"

_LOCKED = "55P03"
_NOT_ALLOWED = "42501"
_DEPENDS = "2BP01"
_REMEDIES = {
    _LOCKED: "Another session has locked a table: wait until it ends, or end it, and run again.",
    _NOT_ALLOWED: "Let the mirror's user own these schemas, or give it the right to create them "
    "(`grant create on database … to …`), and run again.",
    _DEPENDS: "A column or table is gone in this build. Drop what depends on it, or define it "
    "anew without it, and run again.",
    "23505": "The mirror's rows were changed by someone else: run `storehouse mirror --full`.",
}
_REMEDY = "See that the server runs and can be reached, and run again."

# Less than PostgreSQL's deadlock_timeout: where a reader holds one table that is to be altered
# and waits for another, it is the mirror that gives way and tries again.
_PATIENCE = "500ms"
_LOCK_ATTEMPTS = 60

_TABLES = """
    select
        n.nspname::text,
        c.relname::text,
        coalesce(a.attname::text, ''),
        format_type(a.atttypid, a.atttypmod),
        array_position(i.indkey::int2[], a.attnum),
        case
            when a.attnum is null then obj_description(c.oid, 'pg_class')
            else col_description(c.oid, a.attnum)
        end
    from pg_class as c
    inner join pg_namespace as n on c.relnamespace = n.oid
    inner join (
        select attrelid, attnum, attname, atttypid, atttypmod
        from pg_attribute
        where attnum > 0 and not attisdropped
        union all
        select oid, null, null, null, null from pg_class
    ) as a on c.oid = a.attrelid
    left join pg_index as i on c.oid = i.indrelid and i.indisprimary
    where n.nspname in ({schemas}) and c.relkind = 'r'
    order by 1, 2, a.attnum
"""


class Target:
    """A connection to the mirror. Its errors are PublishErrors, without any password."""

    def __init__(self, con: dbapi.Connection, secrets: Secrets) -> None:
        self._con = con
        self._secrets = secrets

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; raises LockedError while another mirror is under way."""
        self.run("begin")
        try:
            self.run("set local lock_timeout = '60s'")
            free = self.rows(
                f"select pg_try_advisory_xact_lock(hashtextextended({literal(_MARK)}, 0))"
            )
            if free != [(True,)]:
                raise LockedError(
                    "Another `storehouse mirror` writes to that database. Wait until it has ended, "
                    "and run again."
                )
            yield
            self.run("commit")
        except BaseException:
            with suppress(PublishError):
                self.run("rollback")
            raise

    @contextmanager
    def _savepoint(self) -> Iterator[None]:
        self.run("savepoint attempt")
        try:
            yield
        except PublishError:
            self.run("rollback to savepoint attempt")
            raise

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self._cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    def run(self, sql: str) -> int:
        """How many rows it changed."""
        with self._cursor() as cursor:
            cursor.execute(sql)
            return int(cursor.rowcount)

    def copy(self, table: str, rows: pa.RecordBatchReader, schema: str | None = None) -> int:
        """Add rows to a table, a temporary one without `schema`; how many these were."""
        with self._cursor() as cursor:
            return int(
                cursor.adbc_ingest(
                    table, rows, "append", db_schema_name=schema, temporary=schema is None
                )
            )

    def tables(self) -> dict[str, Table]:
        """The tables of the mirror's schemas, by `schema.name`."""
        found = self.rows(_TABLES.format(schemas=", ".join(map(literal, SCHEMAS))))
        tables: dict[str, Table] = {}
        keys: dict[str, dict[int, str]] = {}
        for schema, name, column, type_, place, comment in found:
            table = tables.setdefault(f"{schema}.{name}", Table(schema, name, {}, (), {}))
            ...
        return tables

    def make_schemas(self) -> None:
        """Make the schemas that are missing. Raises PublishError where one is someone else's."""
        listed = ", ".join(map(literal, SCHEMAS))
        others = self.rows(
            "select n.nspname::text from pg_namespace as n "
            f"where n.nspname in ({listed}) "
            f"and obj_description(n.oid, 'pg_namespace') is distinct from {literal(_MARK)} "
            "and exists (select from pg_class as c where c.relnamespace = n.oid)"
        )
        if others:
            raise PublishError(
                f"Schema {others[0][0]} of that database holds something else. Make a database "
                "for the mirror (`createdb`), and name that one."
            )
        marked = self.rows(
            "select nspname::text from pg_namespace "
            f"where obj_description(oid, 'pg_namespace') = {literal(_MARK)}"
        )
        for schema in SCHEMAS:
            if (schema,) not in marked:
                self.run(f"create schema if not exists {schema}")
                self.run(f"comment on schema {schema} is {literal(_MARK)}")
