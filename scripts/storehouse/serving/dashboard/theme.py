"""Colours, axes and formats of charts. The palettes are in .streamlit/config.toml."""

from __future__ import annotations

from typing import Any

import altair as alt
import pyarrow as pa
import streamlit as st

from storehouse.serving.dashboard.formats import Money, abbreviated

# Readable on white and on near-black.
MUTED = "#868d98"
WARNING = "#d98a00"
_LONGEST_LABEL = 190


def show(chart: Any, *, alt_text: str, height: int = 300) -> None:
    chart = chart.properties(height=height).configure_view(stroke=None)
    st.altair_chart(chart.configure_axis(titleFontWeight="normal"), alt=alt_text)


def values(table: pa.Table) -> alt.InlineData:
    """Rows for a chart. Only here decimals become floats: they are drawn, not added."""
    for place, field in enumerate(table.schema):
        if pa.types.is_decimal(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(pa.float64()))
        elif pa.types.is_temporal(field.type):
            table = table.set_column(place, field.name, table.column(place).cast(pa.string()))
    return alt.InlineData(values=table.to_pylist())


def dated(table: pa.Table, when: str) -> pa.Table:
    """The table with an additional column `date`, the dates in words."""
    words = [f"{value:%a %-d %b %Y}" for value in table.column(when).to_pylist()]
    return table.append_column("date", pa.array(words, pa.string()))


def days(field: str = "day") -> alt.X:
    """An axis of dates. They are the shop's: drawn in UTC, whatever the reader's zone."""
    form = alt.Axis(title=None, format="%-d %b %y", tickCount=4, grid=False, labelOverlap=True)
    return alt.X(f"{field}:T", scale=alt.Scale(type="utc"), axis=form)


def names(field: str, **options: Any) -> alt.Y:
    """An axis of names, in the order of the rows."""
    form = alt.Axis(title=None, ticks=False, domain=False, labelLimit=_LONGEST_LABEL)
    return alt.Y(f"{field}:N", sort=None, axis=form, **options)


def amounts(field: str, unit: str, money: Money, **options: Any) -> alt.Y:
    """An axis of figures, abbreviated."""
    label = abbreviated("datum.value", unit, money)
    form = alt.Axis(title=None, labelExpr=label, tickCount=4, domain=False)
    return alt.Y(f"{field}:Q", axis=form, **options)


def legend() -> alt.Legend:
    """A legend above the chart, where a narrow screen has room for it."""
    return alt.Legend(title=None, orient="top", direction="horizontal", labelLimit=140)


def gradient(label: str) -> alt.Legend:
    """The legend for the shades of cells."""
    return alt.Legend(orient="top", gradientLength=160, tickCount=3, labelExpr=label, title=None)


def texts(**titles: str) -> list[alt.Tooltip]:
    """Lines of a tooltip with text, such as `date="Day"`."""
    return [alt.Tooltip(f"{field}:N", title=title) for field, title in titles.items()]


def figures(money: Money, **shown: tuple[str, str]) -> list[alt.Tooltip]:
    """Lines of a tooltip with figures, such as `orders=("Orders", "count")`."""
    forms = {"money": f",.{money.digits}f", "rate": ".1%", "days": ",.1f"}
    return [
        alt.Tooltip(f"{field}:Q", title=title, format=forms.get(unit, ",.0f"))
        for field, (title, unit) in shown.items()
    ]
