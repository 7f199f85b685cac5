"""Reading a report from the published file, as any BI tool would."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from storehouse.core.config import Settings
from storehouse.core.errors import ConfigError
from storehouse.serving.published import Published, published

# Dates that say something of a row, and not which day it is of.
_DESCRIBING = ("first_", "last_", "newest_")


@dataclass(frozen=True)
class Report:
    """Rows of a published report, in the order of its columns, with the build they are of."""

    name: str
    build_id: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def read_report(
    settings: Settings, name: str, *, last: date | None = None, days: int = 1
) -> Report:
    """The rows of `days` days up to `last` (default: the newest day in the report).

    A report without a date is given whole. Raises PublishError before the first publish
    and ConfigError for an unknown report.
    """
    with published(settings) as build:
        relation = f"rpt_{name.removeprefix('rpt_')}"
        columns = build.rows(
            """
            select column_name, data_type from duckdb_columns()
            where schema_name = 'reports' and table_name = ? order by column_index
            """,
            [relation],
        )
        if not columns:
            raise ConfigError(f"There is no report {name!r}. Reports: {', '.join(_names(build))}.")
        day = next(
            (
                column
                for column, data_type in columns
                if data_type == "DATE" and not column.startswith(_DESCRIBING)
            ),
            None,
        )
        query = f"select * from reports.{relation}"
        if day is not None:
            newest = build.one(f"select max({day}) from reports.{relation}")
            end = last or newest or date.min + timedelta(days=days)
            query += f" where {day} between date '{end - timedelta(days=days - 1)}' and '{end}'"
        rows = build.rows(f"{query} order by all")
    return Report(relation, build.build_id, tuple(column for column, _ in columns), tuple(rows))


def _names(build: Published) -> list[str]:
    rows = build.rows(
        "select table_name from duckdb_tables() "
        "where schema_name = 'reports' and starts_with(table_name, 'rpt_') order by 1"
    )
    return [name.removeprefix("rpt_") for (name,) in rows]
