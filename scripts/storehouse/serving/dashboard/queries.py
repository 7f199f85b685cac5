"""The pages' queries of the published file, cached as long as the build is shown.

A result is cached by the build's file, the query and its parameters, so a new build is queried
again. Sums and shares come from the warehouse: reports, or SQL over them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

import pyarrow as pa
import streamlit as st

from storehouse.core.config import Settings
from storehouse.serving.diff import Difference, diff
from storehouse.serving.explain import Explanation, explain
from storehouse.serving.explain_document import Document, explain_document
from storehouse.serving.metrics import Metric, answer, compiled, metrics
from storehouse.serving.published import Published
from storehouse.serving.where import Condition

# The filters, and where their values come from: everything that was ever sold.
FILTERED = {
    "source": ("marts.dim_sources", "source_name"),
    "channel": ("reports.rpt_daily_sales", "channel"),
    "category": ("reports.rpt_daily_sales", "category_name"),
}

_COUNTED = ("count", "quantity")


def _file(build: Published) -> str:
    return str(build.file)


def _home(settings: Settings) -> str:
    return str(settings.home)


@st.cache_data(max_entries=2000, show_spinner=False, hash_funcs={Published: _file})
def table(build: Published, query: str, parameters: dict[str, Any] | None = None) -> pa.Table:
    """The rows of a query; amounts stay decimals."""
    return build.con.sql(query, params=parameters).to_arrow_table()


def rows(
    build: Published, query: str, parameters: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = table(build, query, parameters).to_pylist()
    return found


def one(build: Published, query: str, parameters: dict[str, Any] | None = None) -> dict[str, Any]:
    """The single row of a query."""
    (row,) = rows(build, query, parameters)
    return row


@st.cache_data(max_entries=500, show_spinner=False, hash_funcs={Published: _file})
def answered(
    build: Published,
    names: Sequence[str],
    by: Sequence[str],
    where: Sequence[Condition],
    *,
    since: date,
    until: date,
) -> pa.Table:
    """Metrics by dimensions, as columns of one table, for the days from `since` to `until`."""
    found = answer(build, names, by=by, where=where, since=since, until=until)
    return columns(found.columns, found.rows)


def over_time(
    build: Published,
    names: Sequence[str],
    grain: str,
    where: Sequence[Condition],
    *,
    since: date,
    until: date,
) -> pa.Table:
    """Metrics by day, week or month. Without entries, sums are 0 and rates null."""
    query = compiled(build, names, by=(grain,), where=where, since=since, until=until)
    known = metrics_by_name(build)
    sums = [name for name in names if known[name].sums_book or known[name].unit in _COUNTED]
    figures = ", ".join(
        f"if(found.{grain} is null, {'0' if name in sums else 'null'}, {name}) as {name}"
        for name in names
    )
    return table(
        build,
        f"select {grain}, {figures} from ("
        f"select distinct date_trunc('{grain}', date_day)::date as {grain} from marts.dim_dates "
        f"where date_day between '{since}' and '{until}'"
        f") left join ({query}) as found using ({grain}) order by 1",
    )


@st.cache_data(max_entries=100, show_spinner=False, hash_funcs={Published: _file})
def explained(
    build: Published, name: str, where: Sequence[Condition], *, since: date, until: date
) -> Explanation:
    return explain(build, name, where=where, since=since, until=until, top=50)


@st.cache_data(max_entries=100, show_spinner=False, hash_funcs={Published: _file})
def documents(build: Published, number: str) -> tuple[Document, ...]:
    return explain_document(build, number)


@st.cache_data(max_entries=20, show_spinner=False, hash_funcs={Settings: _home})
def difference(settings: Settings, older: str, newer: str) -> Difference:
    return diff(settings, older, newer)


@st.cache_data(max_entries=20, show_spinner=False, hash_funcs={Published: _file})
def metrics_by_name(build: Published) -> dict[str, Metric]:
    return {metric.name: metric for metric in metrics(build)}


def columns(names: Sequence[str], found: Sequence[Sequence[Any]]) -> pa.Table:
    """Rows as a table with these columns."""
    listed = zip(*found, strict=True) if found else [()] * len(names)
    return pa.table(dict(zip(names, map(pa.array, listed), strict=True)))


def records(found: Sequence[Any]) -> pa.Table:
    """Rows of dataclasses as a table."""
    return pa.Table.from_pylist([asdict(row) for row in found])


def values(build: Published, relation: str, column: str) -> list[str]:
    """The distinct values of a column, sorted."""
    found = rows(build, f"select distinct {column} as value from {relation} order by 1")
    return [row["value"] for row in found]


def has_rows(build: Published, relation: str) -> bool:
    found = one(build, f"select exists (from {relation}) as found")
    return bool(found["found"])


def descriptions(build: Published, relation: str) -> dict[str, str]:
    """The documentation of the columns of a published table."""
    schema, name = relation.split(".")
    found = rows(
        build,
        "select column_name, comment from duckdb_columns() where database_name = 'current' "
        "and schema_name = $schema and table_name = $name and comment is not null",
        {"schema": schema, "name": name},
    )
    return {row["column_name"]: row["comment"] for row in found}


def changes(
    build: Published, figures: list[tuple[Any, Any]], *, of_shares: list[bool]
) -> list[Any]:
    """The change of each figure: relative to the one before, for shares the difference."""
    found = rows(
        build,
        """
        select
            case
                when is_share then figure - earlier
                when earlier <> 0 then (figure - earlier) / abs(earlier)
            end as change
        from (
            select
                unnest($figures::decimal(28, 8)[]) as figure,
                unnest($earlier::decimal(28, 8)[]) as earlier,
                unnest($of_shares::boolean[]) as is_share
        )
        """,
        {
            "figures": [figure for figure, _ in figures],
            "earlier": [earlier for _, earlier in figures],
            "of_shares": of_shares,
        },
    )
    return [row["change"] for row in found]
