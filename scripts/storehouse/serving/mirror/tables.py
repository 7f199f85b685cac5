"""The tables of published files as PostgreSQL is to have them, and how two builds differ."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import duckdb
import pyarrow as pa

from storehouse.core.errors import PublishError
from storehouse.core.sql import quoted
from storehouse.serving.published_files import SCHEMAS

_LEFT_OUT = ("meta.semantic_manifest", "meta.keys")
_BATCH_ROWS = 50_000
_LONGEST_NAME = 63  # bytes; PostgreSQL would cut it

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
        list_position(keys.column_names, lower(columns.column_name)),
        trim(columns.comment, chr(10)),
        trim(tables.comment, chr(10))
    from duckdb_columns() as columns
    inner join duckdb_tables() as tables using (database_name, schema_name, table_name)
    inner join (
        select database_name, schema_name, table_name, list(lower(column_name)) as column_names
        from duckdb_columns()
        group by all
    ) as listed using (database_name, schema_name, table_name)
    left join {keys} as keys
        on lower(keys.table_name) = lower(concat(columns.schema_name, '.', columns.table_name))
        and list_has_all(listed.column_names, keys.column_names)
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

    def keeps(self, column: str, other: Table) -> bool:
        """Whether a column of `other` stays, with all that users have made on it."""
        before, after = other.columns[column], self.columns.get(column)
        return after is not None and (before == after or _is_wider(before, after))


def _is_wider(before: str, after: str) -> bool:
    """Whether a numeric only has more digits before the point: PostgreSQL rewrites no row."""
    digits = [re.fullmatch(r"numeric\((\d+),(\d+)\)", type_) for type_ in (before, after)]
    if not all(digits):
        return False
    (few, scale), (more, same) = (map(int, found.groups()) for found in digits if found)
    return scale == same and few <= more


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
    """Those of a published file that are mirrored.

    Raises PublishError for a type or a name that PostgreSQL can't have.
    """
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
    for name in (table, column):
        if len(name.encode()) > _LONGEST_NAME:
            raise PublishError(
                f"The mirror was not changed: PostgreSQL's names have at most {_LONGEST_NAME} "
                f"bytes, and {name!r} in {schema}.{table} has more. Give it a shorter name."
            )
    if type_.startswith("DECIMAL"):
        return type_.lower().replace("decimal", "numeric")
    if type_ not in _TYPES:
        raise PublishError(
            f"{schema}.{table}.{column} is of type {type_}, which can't be mirrored. Cast it in "
            f"the model to one of {', '.join(sorted(_TYPES))} or DECIMAL."
        )
    return _TYPES[type_]


def find_changes(con: duckdb.DuckDBPyConnection, table: Table) -> int:
    """How many rows of a table differ from the build before, which is attached as `before`.

    `old_keys` and `new_rows` then say which.
    """
    same = " and ".join(f"old_row.{quoted(name)} = new_row.{quoted(name)}" for name in table.key)
    con.execute(
        f"create or replace temporary table changes as select old_row, new_row "
        f"from before.{table.relation} as old_row full join current.{table.relation} as new_row "
        f"on {same} where old_row is distinct from new_row"
    )
    ((count,),) = con.execute("select count(*) from changes").fetchall()
    return int(count)


def old_keys(con: duckdb.DuckDBPyConnection, table: Table) -> pa.RecordBatchReader:
    """Keys of rows that were in the build before and are not, or not with the same values."""
    return _changed(con, table, "old_row", table.key)


def new_rows(con: duckdb.DuckDBPyConnection, table: Table) -> pa.RecordBatchReader:
    """Rows that were not in the build before, or not with the same values."""
    return _changed(con, table, "new_row", table.columns)


def all_rows(con: duckdb.DuckDBPyConnection, table: Table) -> pa.RecordBatchReader:
    return _read(con, table, "new_row", table.columns, f"current.{table.relation} as new_row")


def _changed(
    con: duckdb.DuckDBPyConnection, table: Table, row: str, columns: Iterable[str]
) -> pa.RecordBatchReader:
    # Where there is no such row, its key is missing, as no key of a row is.
    there = f"{row}.{quoted(table.key[0])} is not null"
    return _read(con, table, row, columns, f"temp.changes where {there}")


def _read(
    con: duckdb.DuckDBPyConnection, table: Table, row: str, columns: Iterable[str], source: str
) -> pa.RecordBatchReader:
    """PostgreSQL's text can't hold a zero character: U+FFFD stands in its place."""
    values = {name: f"{row}.{quoted(name)}" for name in columns}
    listed = ", ".join(
        f"replace({value}, chr(0), chr(65533)) as {quoted(name)}"
        if table.columns[name] == "text"
        else f"{value} as {quoted(name)}"
        for name, value in values.items()
    )
    return con.sql(f"select {listed} from {source}").to_arrow_reader(_BATCH_ROWS)
