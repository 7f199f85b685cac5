"""Superset's settings of each kind of chart."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from superset_assets.entries import Chart
from superset_assets.semantic import DAY

# Superset's code of a time grain, pandas' rule that fills its gaps, and how its dates are written.
_GRAINS = {
    "day": ("P1D", "1D", "%d %b %Y"),
    "week": ("P1W", "1W-MON", "%d %b %Y"),
    "month": ("P1M", "1MS", "%b %Y"),
}
_MOST_ROWS = 10_000  # days or cells; fewer than all would leave out the newest day
_DAYS_BACK = 7  # a card compares with the same weekday


def _card(of: Chart) -> dict[str, Any]:
    """The newest day, with its change; days without rows are filled, as the change counts days."""
    code, rule, written = _GRAINS["day"]
    return {
        "metric": of.entry.metrics[0],
        "row_limit": _MOST_ROWS,
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
        "row_limit": _MOST_ROWS,
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
        "x_axis_sort_asc": True,  # from below
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
        "row_limit": _MOST_ROWS,
        "sort_x_axis": "alpha_asc",
        "sort_y_axis": "alpha_asc",
        "normalize_across": "heatmap",
        "legend_type": "continuous",
        "linear_color_scheme": "superset_seq_1",
        "left_margin": "auto",
        "bottom_margin": 50,
        "xscale_interval": -1,
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
            "column_config": dict(of.decimals()),
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


KINDS: dict[str, tuple[str, Callable[[Chart], dict[str, Any]]]] = {
    "card": ("big_number", _card),
    "total": ("big_number_total", _total),
    "line": ("echarts_timeseries_line", _series),
    "columns": ("echarts_timeseries_bar", _columns),
    "bars": ("echarts_timeseries_bar", _bars),
    "heat": ("heatmap_v2", _heat),
    "table": ("table", _table),
}
