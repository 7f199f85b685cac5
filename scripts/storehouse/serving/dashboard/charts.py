"""Charts that several pages draw."""

from __future__ import annotations

import altair as alt
import pyarrow as pa

from storehouse.serving.dashboard import theme
from storehouse.serving.dashboard.formats import Money, abbreviated, words

_BAR = 28
_CELL = 24


def bars(
    table: pa.Table, name: str, value: str, unit: str, money: Money, *, label: str, about: str
) -> None:
    """Bars across, in the order of the rows, each with its figure beside it."""
    base = alt.Chart(theme.values(table)).encode(
        y=theme.names(name),
        x=alt.X(f"{value}:Q", axis=None, scale=alt.Scale(padding=44)),
        tooltip=[
            *theme.texts(**{name: words(name)}),
            *theme.figures(money, **{value: (label, unit)}),
        ],
    )
    written = abbreviated(f"datum['{value}']", unit, money, digits=3)
    labels = base.transform_calculate(label=f"isValid(datum['{value}']) ? {written} : 'no data'")
    theme.show(
        base.mark_bar(cornerRadiusEnd=3, size=16)
        + labels.mark_text(align="left", dx=5, color=theme.MUTED).encode(text="label:N"),
        alt_text=about,
        height=_BAR * table.num_rows + 10,
    )


def line(table: pa.Table, value: str, unit: str, money: Money, *, label: str, about: str) -> None:
    """A figure over time: the columns `day` and `date`, its name in words, are the axis."""
    drawn = (
        alt.Chart(theme.values(table))
        .mark_line(point=table.num_rows < 3)
        .encode(
            x=theme.days(),
            y=theme.amounts(value, unit, money),
            tooltip=[*theme.texts(date="Date"), *theme.figures(money, **{value: (label, unit)})],
        )
    )
    theme.show(drawn, alt_text=about, height=260)


def heat(
    table: pa.Table,
    across: alt.X,
    down: str,
    value: str,
    tooltip: list[alt.Tooltip],
    *,
    about: str,
    rows: int,
) -> None:
    """Cells by two fields; the stronger the colour, the more."""
    drawn = (
        alt.Chart(theme.values(table))
        .mark_rect(cornerRadius=2)
        .encode(
            x=across,
            y=theme.names(down),
            color=alt.Color(f"{value}:Q", legend=None),
            tooltip=tooltip,
        )
    )
    theme.show(drawn, alt_text=about, height=_CELL * rows + 60)
