"""Formats: money by its currency, shares as percentages, dates in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

_SYMBOLS = {"EUR": "€", "GBP": "£", "JPY": "¥", "USD": "$"}
NO_DATA = "no data"
MINUS = "−"


@dataclass(frozen=True)
class Money:
    """The reporting currency: its code and its number of decimals."""

    code: str
    digits: int

    @property
    def symbol(self) -> str:
        """The prefix of an amount; currencies without a well-known symbol show their code."""
        return _SYMBOLS.get(self.code, f"{self.code}\N{NO-BREAK SPACE}")

    def __call__(self, amount: Decimal) -> str:
        sign = MINUS if amount < 0 else ""
        return f"{sign}{self.symbol}{abs(amount):,.{self.digits}f}"

    @property
    def printf(self) -> str:
        """The format for a column of a table whose heading names the currency."""
        return f"%,.{self.digits}f"


def figure(value: Any, unit: str, money: Money) -> str:
    """A figure of a metric, formatted by the metric's unit."""
    if value is None:
        return NO_DATA
    match unit:
        case "money":
            return money(value)
        case "rate":
            return share(value)
        case "days":
            return f"{value:,.1f} days"
        case _:
            return f"{value:,.0f}"


def abbreviated(value: str, unit: str, money: Money, digits: int = 0) -> str:
    """A Vega expression that abbreviates `value`: £12k, £1.5M, 40%."""
    precision = f".{digits}" if digits else ""
    match unit:
        case "money":
            return (
                f"({value} < 0 ? '{MINUS}' : '') + '{money.symbol}' + "
                f"replace(format(abs({value}), '{precision}~s'), 'G', 'bn')"
            )
        case "rate":
            return f"format({value}, '.{1 if digits else 0}%')"
        case _:
            return (
                f"abs({value}) < 1000 ? format({value}, ',.3~r') : format({value}, '{precision}~s')"
            )


def share(value: Any) -> str:
    return f"{value:.1%}".replace("-", MINUS)


def change(value: Any, unit: str) -> str:
    """The change of a figure; for shares, in percentage points.

    With a plain hyphen, by which Streamlit decides the direction of the arrow.
    """
    return f"{value * 100:+.1f} pp" if unit == "rate" else f"{value:+.1%}"


def day(value: date) -> str:
    return f"{value.day} {value:%b %Y}"


def long_day(value: date) -> str:
    return f"{value:%A}, {value.day} {value:%B %Y}"


def days(since: date, until: date) -> str:
    """A period, with its year once if it is within one year."""
    if since == until:
        return day(since)
    if since.year != until.year:
        return f"{day(since)} – {day(until)}"
    first = str(since.day) if since.month == until.month else f"{since.day} {since:%b}"
    return f"{first} – {day(until)}"


def words(column: str) -> str:
    """A column's name as a heading, without the suffix of its unit."""
    stem = column.strip("_").removesuffix("_count")
    if column.endswith("_count") and not stem.endswith(("s", "ed")):
        stem += "s"
    for ending in ("_amount", "_quantity", "_rate", "_name", "_date"):
        stem = stem.removesuffix(ending)
    return stem.replace("_", " ").capitalize().replace("Sku", "SKU")
