"""The shapes of answers, as OpenAPI describes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from storehouse.serving.metrics import Metric
from storehouse.serving.reports import Column, ReportShape


@dataclass(frozen=True)
class Rows:
    """A page of rows; `next_page` is null on the last one. Decimals are strings."""

    build_id: str
    currency_code: str
    columns: list[Column]
    rows: list[dict[str, str | int | bool | None]]
    next_page: str | None


@dataclass(frozen=True)
class Reports:
    build_id: str
    reports: list[ReportShape]


@dataclass(frozen=True)
class Metrics:
    build_id: str
    currency_code: str
    metrics: list[Metric]


@dataclass(frozen=True)
class Documents:
    build_id: str
    documents: list[dict[str, Any]]


@dataclass(frozen=True)
class Health:
    status: str
    build_id: str
