"""Restatements: which figures differ between two published builds, and why."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

import duckdb

from storehouse.core.config import Settings
from storehouse.core.errors import ConfigError
from storehouse.core.sql import literal
from storehouse.serving.diff_causes import columns_of, find_causes
from storehouse.serving.diff_dimensions import dimension_changes
from storehouse.serving.diff_figures import SIDES, find_figures
from storehouse.serving.published import Deadline, kept_builds, limited, published

_Row = TypeVar("_Row")


@dataclass(frozen=True)
class Build:
    """A build; `code_hash` and `settings` are None if its file does not have them."""

    build_id: str
    loaded_until: datetime | None
    code_hash: str | None
    settings: dict[str, Any] | None


@dataclass(frozen=True)
class Figure:
    """A restated metric of a source and day; None is an unknown value."""

    metric: str
    source_name: str
    day: date
    older: Decimal | None
    newer: Decimal | None


@dataclass(frozen=True)
class Change:
    """The contribution of one document, for one cause, to the difference of a restated figure.

    `older` and `newer` are its parts of the figure. A cause may have no document; `loaded_at` is
    that of the load which caused it, if one did.
    """

    metric: str
    source_name: str
    day: date
    cause: str
    document_type: str | None
    document_id: str | None
    loaded_at: datetime | None
    older: Decimal | None
    newer: Decimal | None
    difference: Decimal | None


@dataclass(frozen=True)
class CauseTotal:
    """The changes of a metric by one cause, in a number of `documents`."""

    metric: str
    cause: str
    documents: int
    difference: Decimal | None


@dataclass(frozen=True)
class NewDays:
    """The value of a metric on days that were not complete in the older build."""

    metric: str
    source_name: str
    first_day: date
    last_day: date
    value: Decimal | None


@dataclass(frozen=True)
class DimensionChange:
    """A member that reports now group differently; daily totals are unaffected."""

    kind: str
    source_name: str
    identifier: str
    column: str
    older: str | None
    newer: str | None


@dataclass(frozen=True)
class Load:
    """A load between the builds that caused changes; its tables, if the build lists them."""

    source_name: str
    loaded_at: datetime
    batch_id: str
    documents: int
    tables: str | None


@dataclass(frozen=True)
class Comparison:
    """Two builds and their rules.

    `code_changed` is None if unknown; so is `settings_changed`, which else has the names of the
    settings that differ.
    """

    older: Build
    newer: Build
    currency_code: str
    code_changed: bool | None
    settings_changed: tuple[str, ...] | None


@dataclass(frozen=True)
class Difference(Comparison):
    """Nothing was restated if `figures` is empty."""

    figures: tuple[Figure, ...]
    changes: tuple[Change, ...]
    causes: tuple[CauseTotal, ...]
    loads: tuple[Load, ...]
    new_days: tuple[NewDays, ...]
    dimension_changes: tuple[DimensionChange, ...]


def diff(settings: Settings, older: str | None = None, newer: str | None = None) -> Difference:
    """Compare two published builds, by default the last two; of one, with the last.

    Raises ConfigError where there are no two builds, or one that can't be compared.
    """
    older, newer = chosen_builds(settings, older, newer)
    with duckdb.connect(":memory:") as con:
        found = compare(con, settings, older, newer)
        return Difference(
            **vars(found),
            figures=results(con, Figure, "figures"),
            changes=results(con, Change, "changes"),
            causes=results(con, CauseTotal, "causes"),
            loads=results(con, Load, "loads"),
            new_days=results(con, NewDays, "new_days"),
            dimension_changes=results(con, DimensionChange, "dimension_changes"),
        )


def compare(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    older: str,
    newer: str,
    deadline: Deadline | None = None,
) -> Comparison:
    """Fill the schema `results` of an empty database with the parts of a Difference as tables.

    Raises ConfigError for a build that can't be compared, AnswerTimeout at the deadline.
    """
    with limited(con, deadline):
        con.execute("set timezone = 'UTC'")
        with _attached(con, settings, older, newer):
            try:
                find_causes(con)
                find_figures(con)
                con.execute("create schema results")
                for name, query in _results(con).items():
                    con.execute(f"create table results.{name} as {query}")
                found = _comparison(con, older, newer)
            except (duckdb.CatalogException, duckdb.BinderException) as error:
                raise ConfigError(
                    f"Build {older} or {newer} was published by a version of storehouse whose "
                    f"files can't be compared: {str(error).splitlines()[0]} "
                    "Compare builds that were published later."
                ) from error
        _drop_working_tables(con)
    return found


def _drop_working_tables(con: duckdb.DuckDBPyConnection) -> None:
    for (table,) in con.execute(
        "select table_name from duckdb_tables() where schema_name = 'main'"
    ).fetchall():
        con.execute(f"drop table main.{table}")


@contextmanager
def _attached(
    con: duckdb.DuckDBPyConnection, settings: Settings, older: str, newer: str
) -> Iterator[None]:
    for side, build_id in zip(SIDES, (older, newer), strict=True):
        with published(settings, build_id) as build:
            con.execute(f"attach {literal(build.file)} as {side} (read_only)")
    yield
    for side in SIDES:
        con.execute(f"detach {side}")


def chosen_builds(settings: Settings, older: str | None, newer: str | None) -> tuple[str, str]:
    """The builds that `diff` compares."""
    kept = kept_builds(settings)
    if None in (older, newer) and len(kept) < 2:  # noqa: PLR2004
        raise ConfigError(
            f"There are no two published builds to compare; kept: {', '.join(kept) or 'none'}. "
            "`storehouse run` publishes another."
        )
    newer = kept[-1] if newer is None else newer
    older = kept[-2] if older is None else older
    if {older, newer} <= set(kept) and older >= newer:
        raise ConfigError(
            f"Build {older} is not older than {newer}. Name the older build first; "
            f"kept: {', '.join(kept)}."
        )
    return older, newer


def _results(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The query of each part, with the columns of its dataclass."""
    return {
        "figures": "select * exclude (is_had) from figures where is_had",
        "changes": "select metric, source_name, day, cause, document_type, document_id, loaded_at, "
        "older, newer, difference from changes",
        "causes": "select metric, cause, count(distinct (source_name, document_type, document_id)) "
        "filter (where document_id is not null) as documents, "
        "if(bool_or(difference is null), null, sum(difference)) as difference "
        "from changes group by metric, cause",
        "loads": _loads(con),
        "new_days": "select metric, source_name, min(day) as first_day, max(day) as last_day, "
        "if(bool_or(value is null), null, sum(value)) as value "
        "from newer_figures left join last_days using (source_name) "
        "where day > last_day or last_day is null group by metric, source_name",
        "dimension_changes": dimension_changes(),
    }


def _comparison(con: duckdb.DuckDBPyConnection, older: str, newer: str) -> Comparison:
    before, after = _build(con, "older", older), _build(con, "newer", newer)
    ((code_changed, currency_code),) = con.execute(
        "select is_code_changed, currency_code from builds cross join newer.marts.dim_currencies "
        "where is_reporting_currency"
    ).fetchall()
    return Comparison(
        before,
        after,
        currency_code,
        code_changed,
        _settings_changed(before.settings, after.settings),
    )


def _settings_changed(
    before: dict[str, Any] | None, after: dict[str, Any] | None
) -> tuple[str, ...] | None:
    if before is None or after is None:
        return None
    names = sorted(before.keys() | after.keys())
    return tuple(name for name in names if before.get(name) != after.get(name))


def results(
    con: duckdb.DuckDBPyConnection, kind: Callable[..., _Row], part: str
) -> tuple[_Row, ...]:
    """A part of a comparison as rows of its dataclass."""
    rows = con.execute(f"from results.{part} order by all").fetchall()
    return tuple(kind(*row) for row in rows)


def _build(con: duckdb.DuckDBPyConnection, side: str, build_id: str) -> Build:
    rules = ", ".join(
        name if name in columns_of(con, side, "builds") else f"null as {name}"
        for name in ("code_hash", "settings")
    )
    ((code_hash, settings, loaded_until),) = con.execute(
        f"select {rules}, (select max(loaded_at) from {side}.meta.watermarks) "
        f"from {side}.meta.builds"
    ).fetchall()
    return Build(build_id, loaded_until, code_hash, json.loads(settings) if settings else None)


def _loads(con: duckdb.DuckDBPyConnection) -> str:
    """The loads that changed documents, with their tables if the newer build lists them."""
    tables = (
        "(select string_agg(distinct table_name, ', ' order by table_name) "
        "from newer.reports.rpt_loads as loads where loads.source_name = changes.source_name "
        "and loads.batch_id = strftime(changes.loaded_at, '%Y%m%dT%H%M%S.%fZ'))"
        if columns_of(con, "newer", "rpt_loads")
        else "null"
    )
    return (
        "select source_name, loaded_at, strftime(loaded_at, '%Y%m%dT%H%M%S.%fZ') as batch_id, "
        f"count(distinct (document_type, document_id)) as documents, {tables} as tables "
        "from changes where loaded_at is not null group by source_name, loaded_at"
    )
