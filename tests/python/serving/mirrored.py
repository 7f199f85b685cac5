"""A PostgreSQL that holds a mirror, and whether that is the published build."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import adbc_driver_postgresql.dbapi as postgresql
import duckdb
import pyarrow as pa
from adbc_driver_manager import dbapi

from storehouse.core.config import Settings
from storehouse.core.progress import Silent
from storehouse.core.sql import quoted
from storehouse.prove.readers.builds import next_build
from storehouse.serving.mirror.mirror import Mirrored, mirror
from storehouse.serving.mirror.tables import published_tables
from storehouse.serving.publish import publish
from storehouse.serving.published import published
from warehouse.shop import Home

ROLE = "storehouse_reader"


@dataclass(frozen=True)
class Database:
    url: str

    def run(self, *statements: str) -> None:
        """Run statements, each in a transaction of its own."""
        with closing(postgresql.connect(self.url, autocommit=True)) as con, con.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)

    def ask(self, select: str) -> list[tuple[Any, ...]]:
        with closing(postgresql.connect(self.url)) as con:
            return rows(con, select)

    def one(self, select: str) -> Any:
        ((value,),) = self.ask(select)
        return value

    @contextmanager
    def session(self, *statements: str) -> Iterator[dbapi.Connection]:
        """A connection whose transaction, begun by statements, is open as long as the block."""
        with closing(postgresql.connect(self.url)) as con:
            with con.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
            yield con
            con.rollback()

    def read_by_role(self, role: str) -> Database:
        """The same for a user of that role."""
        self.run(
            "drop role if exists somebody", "create role somebody login password 'word of somebody'"
        )
        self.run(f"grant {role} to somebody")
        host = self.url.rpartition("@")[2]
        return Database(f"postgresql://somebody:word%20of%20somebody@{host}")


def rows(con: dbapi.Connection, select: str) -> list[tuple[Any, ...]]:
    """Rows of a query; the driver gives numerics as text."""
    with con.cursor() as cursor:
        cursor.execute(select)
        table = cursor.fetch_arrow_table()
    columns = [
        [None if value is None else Decimal(value) for value in column.to_pylist()]
        if "numeric" in str(field.type)
        else column.to_pylist()
        for field, column in zip(table.schema, table.columns, strict=True)
    ]
    return list(zip(*columns, strict=True))


def mirrored(home: Home, database: Database, *, full: bool = False) -> Mirrored:
    return mirror(home.settings, database.url, role=ROLE, full=full, progress=Silent())


def published_next(settings: Settings, *changes: str) -> str:
    """A further build, with what statements change in the warehouse, is published; its id."""
    with duckdb.connect(str(settings.warehouse)) as con:
        for change in changes:
            con.execute(change)
    next_build(settings)
    return publish(settings, now=lambda: datetime.now(UTC)).build_id


def differences(settings: Settings, database: Database, build_id: str | None = None) -> list[str]:
    """Tables of a published build, the current one, that differ by any letter in the mirror."""
    with published(settings, build_id) as build, closing(postgresql.connect(database.url)) as con:
        return [
            name
            for name, table in published_tables(build.con, "current").items()
            if not _same(build.con, con, table.relation, list(table.columns))
        ]


def _same(
    con: duckdb.DuckDBPyConnection, mirror: dbapi.Connection, relation: str, columns: list[str]
) -> bool:
    text = ", ".join(f"{quoted(name)}::text as {quoted(name)}" for name in columns)
    with mirror.cursor() as cursor:
        cursor.execute(f"select {text} from {relation}")
        there = cursor.fetch_arrow_table()
    here = con.sql(f"select {text} from current.{relation}").to_arrow_table()
    return bool(_sorted(there).equals(_sorted(here)))


def _sorted(table: pa.Table) -> pa.Table:
    text = table.cast(pa.schema([(name, pa.string()) for name in table.column_names]))
    return text.sort_by([(name, "ascending") for name in text.column_names])
