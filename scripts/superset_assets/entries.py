"""Entries of bi/superset/dashboard.yml, each with the dataset that answers it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from superset_assets.datasets import Currency, Dataset, Metric
from superset_assets.semantic import DAY

_AMOUNT_WIDTH = 110  # pixels; a text column would leave it less, and it would break after the sign


@dataclass(frozen=True)
class Entry:
    """A chart of dashboard.yml: metrics, or columns of a report as they are.

    `by` are columns to group by, `grain` a period; `only` are columns that must be true; `sort`
    is a column of a report, with a minus for the largest first. `has_sign`: whether its amounts are
    shown with the sign of the currency; a report may count rows in them. `follows_period`: whether
    the dashboard's filter of days applies. A dashboard is 12 wide.
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
    has_sign: bool = True
    limit: int = 100
    width: int | None = None
    follows_period: bool = True


@dataclass(frozen=True)
class Chart:
    """An entry with the dataset that answers it."""

    entry: Entry
    dataset: Dataset
    currency: Currency

    @property
    def metrics(self) -> list[Metric]:
        known = self.dataset.metrics_by_name()
        return [known[name] for name in self.entry.metrics]

    @property
    def follows_period(self) -> bool:
        return self.entry.follows_period and DAY in self.dataset.column_names()

    def number(self, *, whole: bool = False) -> dict[str, Any]:
        """The format of the first metric; `whole`, for axes, leaves out the decimals of money."""
        unit = self.metrics[0].unit
        if unit != "money":
            return {"y_axis_format": self.currency.number_format(unit)}
        digits = ",.0f" if whole else self.currency.number_format(unit)
        return {"y_axis_format": digits, "currency_format": self.currency.prefix}

    def decimals(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The formats of a report's decimal columns; amounts are in the reporting currency."""
        for column in self.dataset.columns:
            if column.name in self.entry.columns and column.data_type.startswith("DECIMAL"):
                unit = "money" if column.name.endswith("_amount") else "days"
                digits = {"d3NumberFormat": self.currency.number_format(unit)}
                width = {"columnWidth": _AMOUNT_WIDTH} if unit == "money" else {}
                is_signed = unit == "money" and self.entry.has_sign
                sign = {"currencyFormat": self.currency.prefix} if is_signed else {}
                yield column.name, {**digits, **sign, **width}
