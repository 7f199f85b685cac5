"""Charts: entries of bi/superset/dashboard.yml as Superset's settings of each kind of chart."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from storehouse.core.errors import ConfigError
from superset_assets.datasets import Currency, Dataset, Metric
from superset_assets.semantic import DAY

# Superset's code of a time grain, pandas' rule that fills its gaps, and how its dates are written.
_GRAINS = {
    "day": ("P1D", "1D", "%d %b %Y"),
    "week": ("P1W", "1W-MON", "%d %b %Y"),
    "month": ("P1M", "1MS", "%b %Y"),
}
_DAYS_BACK = 7  # a card compares with the same weekday


@dataclass(frozen=True)
class Entry:
    """A chart of dashboard.yml: metrics, or columns of a report as they are.

    `by` are columns to group by, `grain` a period; `only` are columns that must be true; `sort`
    is a column of a report, with a minus for the largest first. `follows_period`: whether the
    dashboard's filter of days applies. A dashboard is 12 wide.
    """

    title: str
    kind: str
    metrics: tuple[str, ...] = ()
    report: str | None = None
    by: tuple[str, ...] = ()
    grain: str = "day"
    columns: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    sort: str | None = None
    limit: int = 100
    width: int | None = None
    follows_period: bool = True


@dataclass(frozen=True)
class Chart:
    """An entry with the dataset that answers it."""

    entry: Entry
    dataset: Dataset
    currency: Currency

    def document(self) -> dict[str, Any]:
        """The chart as Superset imports it, but for its identity."""
        viz_type, settings = _KINDS[self.entry.kind]
        return {
            "slice_name": self.entry.title,
            "description": " ".join(metric.description for metric in self.metrics) or None,
            "viz_type": viz_type,
            "params": {
                "viz_type": viz_type,
                "adhoc_filters": [*self._filters()],
                "row_limit": self.entry.limit,
                **settings(self),
            },
        }

    @property
    def metrics(self) -> list[Metric]:
        known = self.dataset.metrics_by_name()
        return [known[name] for name in self.entry.metrics]

    @property
    def follows_period(self) -> bool:
        return self.entry.follows_period and DAY in self.dataset.column_names()

    def _filters(self) -> Iterable[dict[str, Any]]:
        if self.follows_period:
            yield _filter(DAY, "TEMPORAL_RANGE", "No filter")
        for column in self.entry.only:
            yield _filter(column, "IS TRUE", None)

    def number(self, *, whole: bool = False) -> dict[str, Any]:
        """The format of the first metric; `whole`, for axes, leaves out the decimals of money."""
        unit = self.metrics[0].unit
        if unit != "money":
            return {"y_axis_format": self.currency.number_format(unit)}
        digits = ",.0f" if whole else self.currency.number_format(unit)
        return {"y_axis_format": digits, "currency_format": self.currency.prefix}


def chart(entry: Entry, datasets: Iterable[Dataset], currency: Currency) -> Chart:
    """The chart of an entry. Raises ConfigError for a name that no dataset has."""
    if entry.kind not in _KINDS:
        raise _unknown(entry, "kind", entry.kind, _KINDS)
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


def _filter(column: str, operator: str, value: str | None) -> dict[str, Any]:
    return {
        "clause": "WHERE",
        "expressionType": "SIMPLE",
        "subject": column,
        "operator": operator,
        "comparator": value,
    }


def _card(of: Chart) -> dict[str, Any]:
    """The newest day, with its change; days without rows are filled, as the change counts days."""
    code, rule, written = _GRAINS["day"]
    return {
        "metric": of.entry.metrics[0],
        "x_axis": DAY,
        "time_grain_sqla": code,
        "resample_rule": rule,
        "resample_method": "zerofill" if of.metrics[0].is_sum else "asfreq",
        "compare_lag": _DAYS_BACK,
        "compare_suffix": "in a week",
        "show_trend_line": True,
        "color_picker": {"r": 31, "g": 168, "b": 201, "a": 1},
        "start_y_axis_at_zero": True,
        "show_timestamp": True,
        "time_format": written,
        "header_font_size": 0.3,
        "subheader_font_size": 0.125,
        **of.number(),
    }


def _total(of: Chart) -> dict[str, Any]:
    return {"metric": of.entry.metrics[0], "header_font_size": 0.4, **of.number()}


def _series(of: Chart) -> dict[str, Any]:
    code, rule, written = _GRAINS[of.entry.grain]
    return {
        "x_axis": DAY,
        "time_grain_sqla": code,
        "metrics": [*of.entry.metrics],
        "groupby": [*of.entry.by],
        "resample_rule": rule,
        "resample_method": "zerofill" if of.metrics[0].is_sum else "asfreq",
        "row_limit": 10000,
        "x_axis_time_format": written,
        "tooltipTimeFormat": written,
        "rich_tooltip": True,
        "show_legend": len(of.entry.metrics) > 1 or bool(of.entry.by),
        "legendOrientation": "top",
        "truncate_metric": True,
        "sort_series_type": "sum",
        **of.number(whole=True),
    }


def _columns(of: Chart) -> dict[str, Any]:
    return {**_series(of), "stack": "Stack", "only_total": True}


def _bars(of: Chart) -> dict[str, Any]:
    return {
        "x_axis": of.entry.by[0],
        "metrics": [*of.entry.metrics],
        "groupby": [],
        "orientation": "horizontal",
        "x_axis_sort": of.entry.metrics[0],
        "x_axis_sort_asc": False,
        "order_desc": True,
        "show_value": True,
        "show_legend": False,
        "rich_tooltip": True,
        "truncate_metric": True,
        **of.number(whole=True),
    }


def _heat(of: Chart) -> dict[str, Any]:
    code, _, written = _GRAINS[of.entry.grain]
    across, down = of.entry.by
    return {
        "x_axis": across,
        "time_grain_sqla": code,
        "groupby": down,
        "metric": of.entry.metrics[0],
        "row_limit": 10000,
        "sort_x_axis": "alpha_asc",
        "sort_y_axis": "alpha_asc",
        "normalize_across": "heatmap",
        "legend_type": "continuous",
        "linear_color_scheme": "blue_white_yellow",
        "left_margin": "auto",
        "bottom_margin": "auto",
        "xscale_interval": 1,
        "yscale_interval": 1,
        "x_axis_time_format": written,
        "show_legend": True,
        "show_values": True,
        **of.number(),
    }


def _table(of: Chart) -> dict[str, Any]:
    """Metrics by columns, the largest first, or rows of a report."""
    common = {"table_timestamp_format": "%d %b %Y %H:%M", "show_cell_bars": False}
    if of.entry.columns:
        sort = of.entry.sort or of.entry.columns[0]
        ascending = not sort.startswith("-")
        return {
            **common,
            "query_mode": "raw",
            "all_columns": [*of.entry.columns],
            "order_by_cols": [json.dumps([sort.removeprefix("-"), ascending])],
        }
    return {
        **common,
        "query_mode": "aggregate",
        "groupby": [*of.entry.by],
        "metrics": [*of.entry.metrics],
        "timeseries_limit_metric": of.entry.metrics[0],
        "order_desc": True,
    }


_KINDS: dict[str, tuple[str, Callable[[Chart], dict[str, Any]]]] = {
    "card": ("big_number", _card),
    "total": ("big_number_total", _total),
    "line": ("echarts_timeseries_line", _series),
    "columns": ("echarts_timeseries_bar", _columns),
    "bars": ("echarts_timeseries_bar", _bars),
    "heat": ("heatmap_v2", _heat),
    "table": ("table", _table),
}
