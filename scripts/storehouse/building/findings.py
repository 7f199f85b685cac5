"""The findings of a build, and the rows on which a test failed. Reads, never computes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import duckdb

from storehouse.building.report import Failure, FindingCount

_ROWS_SHOWN = 3
_VALUE_LENGTH = 120


def open_findings(con: duckdb.DuckDBPyConnection) -> tuple[FindingCount, ...]:
    """The open findings after the last build; none before the first."""
    there = con.execute(
        "select 1 from duckdb_tables() "
        "where schema_name = 'reports' and table_name = 'rpt_findings'"
    ).fetchall()
    if not there:
        return ()
    rows = con.execute(
        """
        select source_name, rule_name, count(*), sum(reporting_amount)
        from reports.rpt_findings
        where is_open
        group by all
        order by all
        """
    ).fetchall()
    return tuple(FindingCount(*row) for row in rows)


def with_rows(con: duckdb.DuckDBPyConnection, failure: Failure) -> Failure:
    """`failure` with the first rows on which its test failed, each on one line."""
    if failure.kind != "test" or not failure.query:
        return failure
    try:
        found = con.execute(f"select * from ({failure.query}) limit {_ROWS_SHOWN}")
        names = [column[0] for column in found.description or ()]
        rows = [_line(names, row) for row in found.fetchall()]
    except duckdb.Error:
        return failure  # its message says why the query fails
    return replace(failure, rows=tuple(rows))


def _line(names: Sequence[str], row: Sequence[Any]) -> str:
    """A row as text, without nulls and technical columns."""
    values = [
        f"{name} {str(value)[:_VALUE_LENGTH]}"
        for name, value in zip(names, row, strict=True)
        if value is not None and not name.startswith("_")
    ]
    return ", ".join(values)
