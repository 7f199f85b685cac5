"""Comparing relations row by row, in any order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb

from storehouse.building.report import PUBLISHED_SCHEMAS
from storehouse.prove.proof import Comparison

_EXAMPLES = 3
_LOOKED_AT = 500

Row = dict[str, Any]


@dataclass(frozen=True)
class Other:
    """A warehouse to compare with, and the columns that are left out.

    `left_out` gives the reason by column, or by table and column: `rpt_x.column`. `only` is the
    condition of the rows to compare, by table.
    """

    name: str
    warehouse: Path
    left_out: Mapping[str, str] = field(default_factory=dict)
    only: Mapping[str, str] = field(default_factory=dict)


def compare_warehouses(seed: int | None, warehouse: Path, other: Other) -> Iterator[Comparison]:
    """Compare all marts and reports; a table that is missing or has other columns differs."""
    with duckdb.connect() as con:
        con.execute(f"attach '{warehouse}' as here (read_only)")
        con.execute(f"attach '{other.warehouse}' as there (read_only)")
        here, there = _columns(con, "here"), _columns(con, "there")
        for table in sorted(here.keys() | there.keys()):
            named = Comparison(seed, table, other.name)
            if here.get(table) != there.get(table):
                reason = f"its columns are {here.get(table)}, there {there.get(table)}"
                yield replace(named, surplus=1, examples=(reason,))
                continue
            kept = ", ".join(
                f'"{column}"'
                for column in here[table]
                if not {column, f"{table.split('.')[1]}.{column}"} & other.left_out.keys()
            )
            rows = other.only.get(table, "true")
            queries = (
                f"select {kept} from {database}.{table} where {rows}"
                for database in ("here", "there")
            )
            yield compare(con, named, *queries)


def compare(
    con: duckdb.DuckDBPyConnection, named: Comparison, query: str, other: str
) -> Comparison:
    """`named`, completed by comparing the rows of two queries; repeated rows count."""
    surplus, missing = f"({query}) except all ({other})", f"({other}) except all ({query})"
    found = replace(
        named,
        rows=_count(con, query),
        surplus=_count(con, surplus),
        missing=_count(con, missing),
    )
    return replace(found, examples=_examples(con, surplus, missing)) if found.differences else found


def _columns(con: duckdb.DuckDBPyConnection, database: str) -> dict[str, dict[str, str]]:
    """The columns and types of each published table."""
    tables: dict[str, dict[str, str]] = {}
    for table, column, data_type in con.execute(
        "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns() "
        "where database_name = ? and list_contains(?::varchar[], schema_name) "
        "order by column_index",
        [database, list(PUBLISHED_SCHEMAS)],
    ).fetchall():
        tables.setdefault(table, {})[column] = data_type
    return tables


def _count(con: duckdb.DuckDBPyConnection, query: str) -> int:
    ((count,),) = con.execute(f"select count(*) from ({query})").fetchall()
    return int(count)


def _examples(con: duckdb.DuckDBPyConnection, surplus: str, missing: str) -> tuple[str, ...]:
    """Some differing rows; for a key that both sides have, only the differing columns.

    The first column is taken as the key. Nulls are left out.
    """
    here, there = _first(con, surplus), _first(con, missing)
    examples = []
    for row in here[:_EXAMPLES]:
        (key, value), *_ = row.items()
        others = [other for other in there if other[key] == value]
        if len(others) == 1:
            changes = [
                f"{name} {row[name]} instead of {others[0][name]}"
                for name in row
                if row[name] != others[0][name]
            ]
            examples.append(f"{key} {value}: {', '.join(changes)}")
        else:
            examples.append(f"surplus: {_text(row)}")
    keys = {next(iter(row.values())) for row in here}
    alone = [row for row in there if next(iter(row.values())) not in keys]
    return (*examples, *(f"missing: {_text(row)}" for row in alone[:_EXAMPLES]))


def _first(con: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    found = con.execute(f"select * from ({query}) order by all limit {_LOOKED_AT}")
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _text(row: Row) -> str:
    return ", ".join(f"{name} {value}" for name, value in row.items() if value is not None)
