"""Metrics by the definitions in the published build, computed by MetricFlow's SQL.

Metrics are defined in models/metrics/*.yml. MetricFlow compiles a query into SQL over the
published file; nothing is computed here.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import TYPE_CHECKING, Any

import duckdb

from storehouse.core.errors import ConfigError, PublishError
from storehouse.serving.published import Published
from storehouse.serving.where import Condition

if TYPE_CHECKING:
    from storehouse.serving.metric_engine import MetricEngine

BOOK = "fct_ledger_entries"
PERIODS = ("day", "week", "month", "quarter", "year")


@dataclass(frozen=True)
class Metric:
    """`unit` is money, rate (0 to 1), count, quantity or days; `dimensions` are what it can be
    grouped by. `sums_book`: its value is a sum over entries of the ledger.
    """

    name: str
    label: str
    description: str
    unit: str
    dimensions: tuple[str, ...]
    sums_book: bool


@dataclass(frozen=True)
class Answer:
    """Rows ordered by the dimensions; money is in `currency_code`."""

    build_id: str
    currency_code: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def metrics(published: Published) -> tuple[Metric, ...]:
    """All metrics of the build, by name. Raises PublishError if it has none."""
    return tuple(_engine(published).metrics.values())


def answer(
    published: Published,
    names: Sequence[str],
    *,
    by: Sequence[str] = (),
    where: Sequence[Condition] = (),
    since: date | None = None,
    until: date | None = None,
) -> Answer:
    """The metrics, grouped by dimensions, of the days from `since` to `until`, both included.

    Raises ConfigError for a name that the build does not know, PublishError for a build
    without metrics.
    """
    query = compiled(published, names, by=by, where=where, since=since, until=until)
    return Answer(
        published.build_id,
        published.currency_code,
        (*by, *names),
        tuple(published.rows(query)),
    )


def compiled(
    published: Published,
    names: Sequence[str],
    *,
    by: Sequence[str] = (),
    where: Sequence[Condition] = (),
    since: date | None = None,
    until: date | None = None,
) -> str:
    """The SQL that `answer` runs; its columns are those of the answer."""
    engine = _engine(published)
    for name in names:
        known_or_refused(name, engine.metrics, "metric")
    if not names:
        raise ConfigError(f"No metric is named. Metrics: {', '.join(engine.metrics)}.")
    # MetricFlow would widen its own time constraint to whole periods of the dimensions.
    if since is not None:
        where = [*where, Condition("day", ">=", (since.isoformat(),))]
    if until is not None:
        where = [*where, Condition("day", "<=", (until.isoformat(),))]
    for given in (names, by):
        if len(set(given)) < len(given):
            raise ConfigError(f"{', '.join(given)} names something twice. Name each once.")
    with _lock:
        return engine.compiled(names, by, where)


def known_or_refused(name: str, known: Sequence[str] | dict[str, Any], kind: str) -> None:
    """Raise ConfigError for a name that is not known, with those that are."""
    if name not in known:
        close = difflib.get_close_matches(name, known, 1)
        meant = f" Did you mean {close[0]}?" if close else ""
        raise ConfigError(f"There is no {kind} {name!r}.{meant} Known: {', '.join(sorted(known))}.")


_lock = Lock()
_engines: dict[str, MetricEngine] = {}
_KEPT = 3


def _engine(published: Published) -> MetricEngine:
    """One engine per set of definitions: builds of the same code share it."""
    try:
        definitions = str(published.one("select document from meta.semantic_manifest"))
    except duckdb.CatalogException as error:
        raise PublishError(
            f"Build {published.build_id} was published before metrics were: run `storehouse run`."
        ) from error
    with _lock:
        if definitions not in _engines:
            from storehouse.serving.metric_engine import MetricEngine  # noqa: PLC0415

            for oldest in list(_engines)[: max(0, len(_engines) - _KEPT + 1)]:
                del _engines[oldest]
            _engines[definitions] = MetricEngine(json.loads(definitions))
        return _engines[definitions]
