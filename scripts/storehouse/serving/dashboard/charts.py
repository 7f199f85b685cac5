"""Charts used by several pages."""

from __future__ import annotations

import altair as alt
import pyarrow as pa
import pyarrow.compute as pc

from storehouse.serving.dashboard import theme
from storehouse.serving.dashboard.formats import Money, abbreviated, words

_BAR = 28
_CELL = 26
_TOO_FEW_FOR_A_LINE = 3


def bars(
    table: pa.Table, name: str, value: str, unit: str, money: Money, *, label: str, about: str
) -> None:
    """Horizontal bars, in the order of the rows, each with its figure beside it."""
    names = table.column(name)
    names = pc.if_else(pc.equal(pc.fill_null(names, ""), ""), "(none)", names)
    table = table.set_column(table.column_names.index(name), name, names)
    base = alt.Chart(theme.values(table)).encode(
        y=theme.names(name),
        x=alt.X(f"{value}:Q", axis=None),
        tooltip=[
            *theme.texts(**{name: words(name)}),
            *theme.figures(money, **{value: (label, unit)}),
        ],
    )
    written = abbreviated(f"datum['{value}']", unit, money, digits=3)
    labels = base.transform_calculate(
        label=f"isValid(datum['{value}']) ? {written} : 'no data'", end=f"max(datum['{value}'], 0)"
    )
    room = base.transform_calculate(room=f"datum['{value}'] * 1.25").mark_bar(opacity=0)
    theme.show(
        base.mark_bar(cornerRadiusEnd=3, size=16)
        + room.encode(x=alt.X("room:Q", axis=None))
        + labels.mark_text(align="left", dx=5, color=theme.MUTED).encode(
            text="label:N", x=alt.X("end:Q", axis=None)
        ),
        alt_text=about,
        height=_BAR * table.num_rows + 10,
    )


def line(
    table: pa.Table, when: str, value: str, unit: str, money: Money, *, label: str, about: str
) -> None:
    """A figure over time, by a column of dates."""
    drawn = (
        alt.Chart(theme.values(theme.dated(table, when)))
        .mark_line(point=table.num_rows < _TOO_FEW_FOR_A_LINE)
        .encode(
            x=theme.days(when),
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
    label: str,
    about: str,
) -> None:
    """A heat map: cells by two fields; a stronger colour means more."""
    drawn = (
        alt.Chart(theme.values(table))
        .mark_rect(cornerRadius=2)
        .encode(
            x=across,
            y=theme.names(down),
            color=alt.Color(f"{value}:Q", legend=theme.gradient(label)),
            tooltip=tooltip,
        )
    )
    theme.show(drawn, alt_text=about, height=_CELL * len(table.column(down).unique()) + 130)
