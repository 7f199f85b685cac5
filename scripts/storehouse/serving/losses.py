"""Rows of facts and dimensions, by source, that a build lacks and readers see now.

A faulty delivery may pass every test: a truncated export is a smaller shop whose figures tie out.
So publishing it requires a confirmation. Reports are not compared: they shrink rightly when a
finding is fixed or a pair of products becomes rare, and they read marts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from storehouse.core.errors import PublishError
from storehouse.core.sql import literal

# In a small table a few rows may be a large share.
_FEW_ROWS = 20

# One row per day: they shrink when a date is corrected, without any loss in a source.
_CALENDARS = ("marts.dim_dates", "marts.fct_stock_daily", "marts.fct_exchange_rates")


@dataclass(frozen=True)
class Loss:
    """A table in which a source has fewer rows than readers see."""

    table: str
    source: str
    rows_before: int
    rows_now: int

    def __str__(self) -> str:
        lost = self.rows_before - self.rows_now
        return (
            f"{self.table} of {self.source}: {self.rows_now:,} rows, {self.rows_before:,} "
            f"published ({lost:,} or {lost / self.rows_before:.0%} lost)"
        )


def losses(
    con: duckdb.DuckDBPyConnection,
    published: Path,
    tables: Sequence[str],
    sources: Sequence[str],
    max_share: float,
) -> tuple[Loss, ...]:
    """The losses of the warehouse `con` compared with `published` that exceed the limit.

    For sources that are on in both, a table may lose `max_share` of its rows, or a few of them;
    but never all orders. Raises PublishError if `published` can't be read.
    """
    with _attached(con, published):
        compared = _comparable(con, tables)
        if not compared:
            return ()
        rows = con.execute(
            f"""
            with rows_now as ({_counts("", compared)}),
            rows_before as ({_counts("readers.", compared)})
            select table_name, source_name, rows_before.row_count,
                coalesce(rows_now.row_count, 0) as row_count_now,
                rows_before.row_count - row_count_now as lost_count
            from rows_before
            left join rows_now using (table_name, source_name)
            where list_contains($sources, source_name)
                and lost_count > $max_share * rows_before.row_count
                and (
                    lost_count >= $few
                    or (table_name = 'marts.fct_orders' and row_count_now = 0)
                )
            order by lost_count desc, table_name, source_name
            """,
            {"sources": list(sources), "max_share": max_share, "few": _FEW_ROWS},
        ).fetchall()
    return tuple(Loss(table, source, before, now) for table, source, before, now, _ in rows)


@contextmanager
def _attached(con: duckdb.DuckDBPyConnection, published: Path) -> Iterator[None]:
    try:
        con.execute(f"attach {literal(published)} as readers (read_only)")
    except duckdb.Error as error:
        raise PublishError(
            f"{published}, which readers have now, can't be compared with the new build: "
            f"{str(error).splitlines()[0]} `storehouse publish --accept-loss` publishes "
            "without comparing."
        ) from error
    try:
        yield
    finally:
        con.execute("detach readers")


def _comparable(con: duckdb.DuckDBPyConnection, tables: Sequence[str]) -> list[str]:
    """Tables of the build that have a source column, published and in the warehouse."""
    found = con.execute(
        """
        select schema_name || '.' || table_name as name
        from duckdb_columns()
        where schema_name = 'marts' and column_name = 'source_name'
            and list_contains($tables, name) and not list_contains($calendars, name)
            and database_name in (current_database(), 'readers')
        group by name having count(*) = 2 order by name
        """,
        {"tables": list(tables), "calendars": list(_CALENDARS)},
    ).fetchall()
    return [name for (name,) in found]


def _counts(catalog: str, tables: Sequence[str]) -> str:
    return " union all ".join(
        f"select '{name}' as table_name, source_name, count(*) as row_count "
        f"from {catalog}{name} group by source_name"
        for name in tables
    )
