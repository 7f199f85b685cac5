"""Charts: entries of bi/superset/dashboard.yml as Superset imports them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from storehouse.core.errors import ConfigError
from superset_assets.datasets import Currency, Dataset
from superset_assets.entries import Chart, Entry
from superset_assets.kinds import KINDS
from superset_assets.semantic import DAY


def chart(entry: Entry, datasets: Iterable[Dataset], currency: Currency) -> Chart:
    """The chart of an entry. Raises ConfigError for a name that no dataset has."""
    if entry.kind not in KINDS:
        raise _unknown(entry, "kind", entry.kind, KINDS)
    found = [
        one
        for one in datasets
        if one.name == entry.report
        or (entry.report is None and {*entry.metrics} <= {metric.name for metric in one.metrics})
    ]
    if not (entry.metrics or entry.columns) or len(found) != 1:
        raise ConfigError(
            f"Chart {entry.title!r} of bi/superset/dashboard.yml must name a report, or metrics "
            f"of one dataset; {len(found)} datasets have {entry.report or entry.metrics}."
        )
    (dataset,) = found
    for metric in entry.metrics:
        if metric not in dataset.metrics_by_name():
            raise _unknown(entry, "metric", metric, dataset.metrics_by_name())
    sort = (entry.sort.removeprefix("-"),) if entry.sort else ()
    for column in (*entry.by, *entry.columns, *entry.only, *sort):
        if column not in dataset.column_names():
            raise _unknown(entry, "column", column, dataset.column_names())
    return Chart(entry, dataset, currency)


def _unknown(entry: Entry, kind: str, name: str, known: Iterable[str]) -> ConfigError:
    return ConfigError(
        f"Chart {entry.title!r} of bi/superset/dashboard.yml names the {kind} {name!r}, which is "
        f"not there. Known: {', '.join(sorted(known))}."
    )


def chart_document(chart: Chart) -> dict[str, Any]:
    """The chart as Superset imports it, but for its identity."""
    viz_type, settings = KINDS[chart.entry.kind]
    return {
        "slice_name": chart.entry.title,
        "description": " ".join(metric.description for metric in chart.metrics) or None,
        "viz_type": viz_type,
        "params": {
            "viz_type": viz_type,
            "adhoc_filters": [*_filters(chart)],
            "row_limit": chart.entry.limit,
            **settings(chart),
        },
    }


def _filters(chart: Chart) -> Iterator[dict[str, Any]]:
    if chart.follows_period:
        yield _filter(DAY, "TEMPORAL_RANGE", "No filter")
    for column in chart.entry.only:
        yield _filter(column, "IS TRUE", None)


def _filter(column: str, operator: str, value: str | None) -> dict[str, Any]:
    return {
        "clause": "WHERE",
        "expressionType": "SIMPLE",
        "subject": column,
        "operator": operator,
        "comparator": value,
    }
