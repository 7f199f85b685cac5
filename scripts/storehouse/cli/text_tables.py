"""Tables as text: how columns, numbers, dates and moments are written."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from rich.table import Table

# A number with more decimals than an amount is a rate or a share.
_FOURTH = Decimal("0.0001")


def heading(column: str) -> str:
    return column.removesuffix("_amount").removesuffix("_count").replace("_", " ")


def text_table(*columns: str, left: int = 1) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, column in enumerate(columns):
        table.add_column(column, justify="left" if place < left else "right", no_wrap=True)
    return table


def is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def cell(value: Any, is_share: bool = False) -> str:
    """A value as text; a share, from 0 to 1, in percent."""
    match value:
        case None:
            return "-"
        case Decimal():
            return f"{value:.2%}" if is_share else _decimal(value)
        case datetime():
            return f"{value:%Y-%m-%d %H:%M:%S}"
        case bool() | date():
            return str(value)
        case int():
            return f"{value:,}"
        case _:
            return str(value)


def _decimal(value: Decimal) -> str:
    if value == value.quantize(_FOURTH):
        return f"{value:,.2f}"
    return f"{value:,.10f}".rstrip("0")
