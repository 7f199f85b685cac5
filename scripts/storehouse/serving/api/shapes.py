"""The models of responses, as OpenAPI describes them."""

from __future__ import annotations

from dataclasses import dataclass

from storehouse.serving.metrics import Metric
from storehouse.serving.now_files import NowState
from storehouse.serving.reports import Column, ReportShape

Row = dict[str, str | int | bool | None]


@dataclass(frozen=True)
class Rows:
    """A page of rows; `next_page` is null on the last one. Decimals are strings.

    `now` is null for rows of a published build.
    """

    build_id: str
    currency_code: str
    now: NowState | None
    columns: list[Column]
    rows: list[Row]
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
class Document:
    """An order or a refund, and the first rows of each table behind it.

    `row_counts` has how many each has. For a refund, order, lines and payments are those of the
    refunded order.
    """

    source_name: str
    document_type: str
    document_id: str
    row_counts: dict[str, int]
    entries: list[Row]
    order: list[Row]
    lines: list[Row]
    rates: list[Row]
    payments: list[Row]


@dataclass(frozen=True)
class Documents:
    build_id: str
    documents: list[Document]


@dataclass(frozen=True)
class Health:
    status: str
    build_id: str
