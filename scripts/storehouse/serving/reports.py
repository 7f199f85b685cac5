"""Reports of the published file, as any BI tool would read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from storehouse.core.config import Settings
from storehouse.core.errors import ConfigError
from storehouse.core.sql import quoted
from storehouse.serving.metrics import known_or_refused
from storehouse.serving.now_files import NowState, now_file
from storehouse.serving.published import Published, published
from storehouse.serving.where import Condition

_PREFIX = "rpt_"
# Dates that say something of a row, and not which day it is of.
_DESCRIBING = ("first_", "last_", "newest_")
_KEPT = 8
_remembered: dict[Path, tuple[ReportShape, ...]] = {}


@dataclass(frozen=True)
class Column:
    """`unit` is that of a metric; of other columns the description says it."""

    name: str
    data_type: str
    description: str
    unit: str | None = None


@dataclass(frozen=True)
class ReportShape:
    """What a report is; `day` is the column that says which day a row is of, if there is one."""

    name: str
    description: str
    day: str | None
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Report:
    """Rows of a published report, in the order of its columns, with the build they are of.

    `now` says what rows that live has computed rest on.
    """

    name: str
    build_id: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    now: NowState | None = None


def report_shapes(build: Published) -> tuple[ReportShape, ...]:
    """All reports of the build, by name; read once, since a published file never changes."""
    found = _remembered.get(build.file) or _read_shapes(build)
    for oldest in [*_remembered][: max(0, len(_remembered) - _KEPT)]:
        _remembered.pop(oldest, None)
    _remembered[build.file] = found
    return found


def columns_of(build: Published, schema: str, table: str) -> tuple[Column, ...]:
    """The columns of a published table, with their descriptions."""
    rows = build.rows(
        "select column_name, data_type, comment from duckdb_columns() "
        "where schema_name = ? and table_name = ? order by column_index",
        [schema, table],
    )
    return tuple(Column(name, kind, _one_line(comment)) for name, kind, comment in rows)


def _read_shapes(build: Published) -> tuple[ReportShape, ...]:
    rows = build.rows(
        """
        select table_name, tables.comment, list(
            [column_name, data_type, columns.comment] order by column_index
        )
        from duckdb_tables() as tables
        inner join duckdb_columns() as columns using (schema_name, table_name)
        where schema_name = 'reports' and starts_with(table_name, ?)
        group by all order by all
        """,
        [_PREFIX],
    )
    return tuple(
        ReportShape(name.removeprefix(_PREFIX), _one_line(comment), _day(columns), columns)
        for name, comment, listed in rows
        for columns in [
            tuple(Column(column, kind, _one_line(said)) for column, kind, said in listed)
        ]
    )


def report_shape(build: Published, name: str) -> ReportShape:
    """What a report is. Raises UnknownName for one that the build has not."""
    shapes = {shape.name: shape for shape in report_shapes(build)}
    name = name.removeprefix(_PREFIX)
    known_or_refused(name, shapes, "report")
    return shapes[name]


def report_query(
    shape: ReportShape,
    *,
    where: Sequence[Condition] = (),
    since: date | None = None,
    until: date | None = None,
) -> str:
    """SQL for the rows of a report. Raises ConfigError for days of a report that has none."""
    if since is not None or until is not None:
        if shape.day is None:
            raise ConfigError(f"The report {shape.name} has no days. Leave out since and until.")
        where = [
            *where,
            *([Condition(shape.day, ">=", (since.isoformat(),))] if since else ()),
            *([Condition(shape.day, "<=", (until.isoformat(),))] if until else ()),
        ]
    names = [column.name for column in shape.columns]
    for condition in where:
        known_or_refused(condition.field, names, f"column of {shape.name}")
    rows = " and ".join(one.predicate(quoted(one.field)) for one in where) or "true"
    return f"select * from reports.{quoted(_PREFIX + shape.name)} where {rows}"


def read_report(
    settings: Settings, name: str, *, last: date | None = None, days: int = 1
) -> Report:
    """The rows of `days` days up to `last` (default: the newest day in the report).

    A report without a date is given whole. Raises PublishError before the first publish
    and UnknownName for an unknown report.
    """
    with published(settings) as build, now_file(settings, build, name) as now:
        source = now or build
        shape = report_shape(build, name)
        query = report_query(shape)
        if shape.day is not None:
            ((newest,),) = source.rows(f"select max({quoted(shape.day)}) from ({query})")
            end = last or newest or date.min + timedelta(days=days)
            query = report_query(shape, since=end - timedelta(days=days - 1), until=end)
        rows = source.rows(f"{query} order by all")
    columns = tuple(column.name for column in shape.columns)
    state = now.state if now else None
    return Report(_PREFIX + shape.name, source.build_id, columns, tuple(rows), state)


def _day(columns: Sequence[Column]) -> str | None:
    return next(
        (
            column.name
            for column in columns
            if column.data_type == "DATE" and not column.name.startswith(_DESCRIBING)
        ),
        None,
    )


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())
