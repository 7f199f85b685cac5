"""The dashboard: sections of rows of charts, and its filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from superset_assets.entries import Chart

_WIDTH = 12
_TEXT_HEIGHT = 12


@dataclass(frozen=True)
class Row:
    """Charts side by side; `height` is in units of 8 pixels."""

    height: int
    charts: tuple[Chart, ...]


@dataclass(frozen=True)
class Section:
    title: str
    note: str
    rows: tuple[Row, ...]


class Layout:
    """Superset's tree of what stands where, by its own names."""

    def __init__(self, title: str, uuids: Mapping[str, str]) -> None:
        """`uuids` are those of the charts, by title."""
        self._uuids = uuids
        self.numbers = {name: number for number, name in enumerate(uuids, 1)}
        self.position: dict[str, Any] = {
            "DASHBOARD_VERSION_KEY": "v2",
            "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
            "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": [], "parents": ["ROOT_ID"]},
            "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": title}},
        }

    def add(self, section: Section) -> None:
        text = f"### {section.title}\n{section.note}"
        row = self._row()
        self._put("MARKDOWN", row, {"width": _WIDTH, "height": _TEXT_HEIGHT, "code": text})
        for one in section.rows:
            row = self._row()
            for chart in one.charts:
                self._add_chart(row, chart, one)

    def _row(self) -> str:
        return self._put("ROW", "GRID_ID", {"background": "BACKGROUND_TRANSPARENT"})

    def _add_chart(self, row: str, chart: Chart, of: Row) -> None:
        title = chart.entry.title
        meta = {
            "chartId": self.numbers[title],
            "uuid": self._uuids[title],
            "sliceName": title,
            "width": chart.entry.width or _WIDTH // len(of.charts),
            "height": of.height,
        }
        self._put("CHART", row, meta)

    def _put(self, kind: str, parent: str, meta: Mapping[str, Any]) -> str:
        name = f"{kind}-{len(self.position)}"
        above = self.position[parent]
        above["children"].append(name)
        self.position[name] = {
            "type": kind,
            "id": name,
            "children": [],
            "parents": [*above["parents"], parent],
            "meta": dict(meta),
        }
        return name


def period_filter(layout: Layout, charts: Sequence[Chart]) -> dict[str, Any]:
    """The filter of days, which begins with all of them."""
    excluded = [chart for chart in charts if not chart.follows_period]
    return {
        **_native("Period", layout, excluded),
        "filterType": "filter_time",
        "targets": [{}],
        "controlValues": {"enableEmptyFilter": False},
    }


def column_filter(
    name: str, column: str, dataset_uuid: str, layout: Layout, charts: Sequence[Chart]
) -> dict[str, Any]:
    """A filter by values of a column, for the charts whose dataset has it."""
    excluded = [chart for chart in charts if column not in chart.dataset.column_names()]
    return {
        **_native(name, layout, excluded),
        "filterType": "filter_select",
        "targets": [{"column": {"name": column}, "datasetUuid": dataset_uuid}],
        "controlValues": {
            "multiSelect": True,
            "enableEmptyFilter": False,
            "defaultToFirstItem": False,
            "inverseSelection": False,
            "searchAllOptions": False,
        },
    }


def _native(name: str, layout: Layout, excluded: Sequence[Chart]) -> dict[str, Any]:
    numbers = [layout.numbers[chart.entry.title] for chart in excluded]
    return {
        "id": f"NATIVE_FILTER-{name.lower()}",
        "name": name,
        "type": "NATIVE_FILTER",
        "description": "",
        "defaultDataMask": {"extraFormData": {}, "filterState": {}},
        "cascadeParentIds": [],
        "scope": {"rootPath": ["ROOT_ID"], "excluded": numbers},
    }


def dashboard_document(
    settings: Mapping[str, Any], layout: Layout, filters: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """The dashboard as Superset imports it, but for its identity."""
    return {
        "dashboard_title": settings["title"],
        "description": settings["description"],
        "slug": settings["slug"],
        "css": "",
        "published": True,
        "position": layout.position,
        "metadata": {
            "native_filter_configuration": [*filters],
            "filter_bar_orientation": "HORIZONTAL",
            "cross_filters_enabled": False,
            "color_scheme": "supersetColors",
            "refresh_frequency": 0,
            "timed_refresh_immune_slices": [],
        },
    }
