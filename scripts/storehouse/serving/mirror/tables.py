"""The tables of published files as PostgreSQL is to have them, and how two builds differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import duckdb
import pyarrow as pa

from storehouse.core.errors import PublishError
from storehouse.core.sql import quoted

SCHEMAS = ("marts", "reports", "meta")

_LEFT_OUT = ("meta.semantic_manifest", "meta.keys")
_BATCH_ROWS = 50_000

# By DuckDB's type, as PostgreSQL spells it; decimals become numerics.
_TYPES = {
    "BIGINT": "bigint",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "DOUBLE": "double precision",
    "INTEGER": "integer",
    "JSON": "json",
    "TIMESTAMP": "timestamp without time zone",
    "VARCHAR": "text",
}

_COLUMNS = """
    select
        columns.schema_name,
        columns.table_name,
        columns.column_name,
        columns.data_type,
        list_position(keys.column_names, columns.column_name),
        trim(columns.comment, chr(10)),
        trim(tables.comment, chr(10))
    from duckdb_columns() as columns
    inner join duckdb_tables() as tables using (database_name, schema_name, table_name)
    left join {keys} as keys
        on keys.table_name = concat(columns.schema_name, '.', columns.table_name)
    where
        columns.database_name = $catalog
        and list_contains($schemas, columns.schema_name)
        and not list_contains($left_out, concat(columns.schema_name, '.', columns.table_name))
    order by columns.schema_name, columns.table_name, columns.column_index
"""
_NO_KEYS = "(select null::varchar as table_name, null::varchar[] as column_names)"


@dataclass(frozen=True)
class Table:
    """A table as both databases have it, its types as PostgreSQL spells them.

    `comments` are by column, the table's own under "".
    """

    schema: str
    name: str
    columns: Mapping[str, str]
    key: tuple[str, ...]
    comments: Mapping[str, str]

    @property
    def relation(self) -> str:
        return f"{quoted(self.schema)}.{quoted(self.name)}"

    def is_shaped_like(self, other: Table | None) -> bool:
        return other is not None and (self.columns, self.key) == (other.columns, other.key)


def tables_from(rows: Iterable[tuple[Any, ...]]) -> dict[str, Table]:
    """Tables by `schema.name`, from a row for each column, in their order.

    A row has schema, table, column, type, place in the key or None, comment or None, and
    the table's comment or None.
    """
    tables = {}
    for (schema, name), group in groupby(rows, key=lambda row: row[:2]):
        columns = list(group)
        in_key = sorted((row for row in columns if row[4] is not None), key=lambda row: row[4])
        said = {"": columns[0][6], **{row[2]: row[5] for row in columns}}
        tables[f"{schema}.{name}"] = Table(
            schema,
            name,
            {row[2]: row[3] for row in columns},
            tuple(row[2] for row in in_key),
            {column: comment for column, comment in said.items() if comment},
        )
    return tables


def published_tables(con: duckdb.DuckDBPyConnection, catalog: str) -> dict[str, Table]:
    """Those of a published file that are mirrored. Raises PublishError for an unknown type."""
    has_keys = con.execute(
        "select 1 from duckdb_tables() "
        "where database_name = ? and schema_name = 'meta' and table_name = 'keys'",
        [catalog],
    ).fetchall()
    found = con.execute(
        _COLUMNS.format(keys=f"{catalog}.meta.keys" if has_keys else _NO_KEYS),
        {"catalog": catalog, "schemas": SCHEMAS, "left_out": _LEFT_OUT},
    ).fetchall()
    return tables_from((*row[:3], _type(*row[:4]), *row[4:]) for row in found)


def _type(schema: str, table: str, column: str, type_: str) -> str:
    if type_.startswith("DECIMAL"):
        return type_.lower().replace("decimal", "numeric")
    if type_ not in _TYPES:
        raise PublishError(
            f"{schema}.{table}.{column} is of type {type_}, which can't be mirrored. Cast it in "
            f"the model to one of {', '.join(sorted(_TYPES))} or DECIMAL."
        )
    return _TYPES[type_]


def all_rows(con: duckdb.DuckDBPyConnection, table: Table) -> pa.RecordBatchReader:
    return _read(con, f"select {_listed(table, table.columns)} from current.{table.relation}")


def new_rows(con: duckdb.DuckDBPyConnection, table: Table) -> pa.RecordBatchReader:
    """Rows that the build before (catalog `before`) has not, or not with the same values."""
    return _only_in(con, "current", "before", table, table.columns)


def old_keys(con: duckdb.DuckDBPyConnection, table: Table) -> pa.RecordBatchReader:
    """Keys of rows of the build before that this one has not, or not with the same values."""
    return _only_in(con, "before", "current", table, table.key)


def _only_in(
    con: duckdb.DuckDBPyConnection, catalog: str, other: str, table: Table, columns: Iterable[str]
) -> pa.RecordBatchReader:
    # The rows hold their key; saying so apart lets DuckDB join by it.
    keys = [f"one_row.{quoted(name)} = other_row.{quoted(name)}" for name in table.key]
    return _read(
        con,
        f"select {_listed(table, columns)} from {catalog}.{table.relation} as one_row "
        f"anti join {other}.{table.relation} as other_row "
        f"on {' and '.join(keys)} and one_row is not distinct from other_row",
    )


def _listed(table: Table, columns: Iterable[str]) -> str:
    """PostgreSQL's text can't hold a zero character: U+FFFD stands in its place."""
    return ", ".join(
        f"replace({quoted(name)}, chr(0), chr(65533)) as {quoted(name)}"
        if table.columns[name] == "text"
        else quoted(name)
        for name in columns
    )


def _read(con: duckdb.DuckDBPyConnection, query: str) -> pa.RecordBatchReader:
    return con.sql(query).to_arrow_reader(_BATCH_ROWS)
