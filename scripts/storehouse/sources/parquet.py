"""Parquet: DuckDB reads it; all that is looked at here is its fields."""

from __future__ import annotations

from pathlib import Path

import duckdb

from storehouse.sources.delivery import Layout, Refused


def inspect(path: Path) -> Layout:
    """The fields of the file, from its footer. Raises Refused."""
    try:
        with duckdb.connect() as con:
            rows = con.execute(
                "describe select * from read_parquet(?, hive_partitioning = false)", [str(path)]
            ).fetchall()
    except duckdb.Error as error:
        raise Refused(
            f"it is not readable Parquet: {str(error).splitlines()[0]}",
            "have the file delivered again",
        ) from error
    names = tuple(str(row[0]) for row in rows)
    if "file_index" in (name.lower() for name in names):
        raise Refused(
            "it has a field named file_index, which DuckDB needs for itself",
            "have the field renamed",
        )
    return Layout(names, is_plain=True)
