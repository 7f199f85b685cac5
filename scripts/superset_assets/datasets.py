"""Datasets: the metrics of the semantic layer, and the reports as they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from storehouse.serving.dashboard.formats import words

_TIMES = ("DATE", "TIMESTAMP")


@dataclass(frozen=True)
class Column:
    name: str
    data_type: str
    description: str

    @property
    def is_time(self) -> bool:
        return self.data_type in _TIMES


@dataclass(frozen=True)
class Metric:
    """`unit` is money, rate, count, quantity or days; `is_sum`: without rows it is 0, not null."""

    name: str
    label: str
    description: str
    unit: str
    expression: str
    is_sum: bool = True


@dataclass(frozen=True)
class Dataset:
    """A table of `schema`, or the rows of `sql`."""

    name: str
    description: str
    columns: tuple[Column, ...]
    metrics: tuple[Metric, ...]
    schema: str | None = None
    sql: str | None = None

    def column_names(self) -> set[str]:
        return {column.name for column in self.columns}

    def metrics_by_name(self) -> dict[str, Metric]:
        return {metric.name: metric for metric in self.metrics}


@dataclass(frozen=True)
class Currency:
    """The reporting currency: its code and its number of decimals."""

    code: str
    digits: int

    @property
    def prefix(self) -> dict[str, str]:
        """As Superset has a currency beside a number's format."""
        return {"symbol": self.code, "symbolPosition": "prefix"}

    def number_format(self, unit: str) -> str:
        """D3's format of a metric's unit."""
        match unit:
            case "money":
                return f",.{self.digits}f"
            case "rate":
                return ".1%"
            case "days":
                return ",.1f"
            case _:
                return ",.0f"


_ROWS = Metric("count", "Rows", "Number of rows.", "count", "count(*)")


def documented(manifest: Mapping[str, Any]) -> dict[str, dict[str, Column]]:
    """The columns of each model, as dbt documents them, by table and name."""
    return {node["alias"]: {one.name: one for one in _columns(node)} for node in _models(manifest)}


def reports(manifest: Mapping[str, Any]) -> list[Dataset]:
    """A dataset for each model of the reports, by name."""
    found = [
        relation(node["schema"], node["alias"], node["description"], tuple(_columns(node)))
        for node in _models(manifest)
        if node["schema"] == "reports"
    ]
    return sorted(found, key=lambda dataset: dataset.name)


def relation(schema: str, name: str, description: str, columns: Sequence[Column]) -> Dataset:
    return Dataset(name, " ".join(description.split()), tuple(columns), (_ROWS,), schema)


def dataset_document(dataset: Dataset, currency: Currency) -> dict[str, Any]:
    """The dataset as Superset imports it, but for its identity."""
    first_time = next((column.name for column in dataset.columns if column.is_time), None)
    return {
        "table_name": dataset.name,
        "description": dataset.description,
        "main_dttm_col": first_time,
        "schema": dataset.schema,
        "sql": dataset.sql,
        "filter_select_enabled": True,
        "columns": [*_column_documents(dataset.columns)],
        "metrics": [_metric_document(metric, currency) for metric in dataset.metrics],
    }


def _plain(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _column_documents(columns: Sequence[Column]) -> Iterator[dict[str, Any]]:
    labels = Counter(words(column.name) for column in columns)
    for column in columns:
        label = words(column.name)
        yield {
            "column_name": column.name,
            "verbose_name": label if labels[label] == 1 else _plain(column.name),
            "type": column.data_type,
            "is_dttm": column.is_time,
            "description": column.description,
        }


def _metric_document(metric: Metric, currency: Currency) -> dict[str, Any]:
    money = {"currency": currency.prefix} if metric.unit == "money" else {}
    return {
        "metric_name": metric.name,
        "verbose_name": metric.label,
        "expression": metric.expression,
        "description": metric.description,
        "d3format": currency.number_format(metric.unit),
        **money,
    }


def _models(manifest: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    return (node for node in manifest["nodes"].values() if node["resource_type"] == "model")


def _columns(node: Mapping[str, Any]) -> Iterator[Column]:
    for column in node["columns"].values():
        description = " ".join(column["description"].split())
        yield Column(column["name"], (column["data_type"] or "").upper(), description)
