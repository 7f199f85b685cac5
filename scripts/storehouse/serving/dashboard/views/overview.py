"""Overview: the newest day and a period, compared with the one before and with last year."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import streamlit as st

from storehouse.serving.dashboard import charts, queries
from storehouse.serving.dashboard.filters import Period
from storehouse.serving.dashboard.formats import NO_DATA, figure, long_day
from storehouse.serving.dashboard.formats import change as change_of
from storehouse.serving.dashboard.frame import View, listing, measure, show

MEASURES = ("net_sales", "orders", "average_order_value", "margin", "return_rate")
_MOST_BARS = 12
# Up to so many days a chart is by day, then by week, beyond that by month.
_DAYS, _WEEKS = 92, 750


def overview(view: View) -> None:
    last = view.filters.period.until
    st.subheader(long_day(last))
    _cards(view, Period(last, last), timedelta(days=7), "the same day a week before")
    period = view.filters.period
    if period.length > 1:
        st.subheader(f"{period} ({period.length} days)")
        length = timedelta(days=period.length)
        _cards(view, period, length, f"the {period.length} days before")
    name = measure(view, MEASURES, "measure")
    _over_time(view, name)
    left, right = st.columns(2, gap="medium")
    for place, by in ((left, "channel"), (right, "category")):
        with place:
            _split(view, name, by)


def _cards(view: View, period: Period, back: timedelta, earlier: str) -> None:
    """Each figure with its change since the earlier period; no data if the shop is younger."""
    known = queries.metrics_by_name(view.build)
    now = view.figures(MEASURES, period)
    before, year = (
        view.figures(MEASURES, one) if one.since >= view.first else dict.fromkeys(MEASURES)
        for one in (period.earlier(back), period.last_year)
    )
    shares = [known[name].unit == "rate" for name in MEASURES]
    changed, in_a_year = (
        queries.changes(
            view.build, [(now[name], then[name]) for name in MEASURES], of_shares=shares
        )
        for then in (before, year)
    )
    with st.container(horizontal=True):
        for name, change, yearly in zip(MEASURES, changed, in_a_year, strict=True):
            metric = known[name]
            st.metric(
                metric.label,
                figure(now[name], metric.unit, view.money),
                NO_DATA if change is None else change_of(change, metric.unit),
                delta_color="off" if change is None else _colour(name),
                delta_arrow="off" if change is None else "auto",
                delta_description=None
                if yearly is None
                else f"{change_of(yearly, metric.unit)} YoY",
                help=metric.description,
                border=True,
            )
    st.caption(
        f"Arrows: against {earlier}, {period.earlier(back)}. YoY, year on year: against "
        f"{period.last_year}, the same weekdays"
        f"{'; no data' if set(year.values()) == {None} else ''}."
    )


def _colour(name: str) -> Literal["normal", "inverse"]:
    """More is better, except for returns."""
    return "inverse" if name == "return_rate" else "normal"


def _over_time(view: View, name: str) -> None:
    period = view.filters.period
    grain = "day" if period.length <= _DAYS else "week" if period.length <= _WEEKS else "month"
    metric = queries.metrics_by_name(view.build)[name]
    st.subheader(f"{metric.label} by {grain}", help=metric.description)
    found = view.over_time(MEASURES, period, grain)
    charts.line(
        found,
        grain,
        name,
        metric.unit,
        view.money,
        label=metric.label,
        about=f"{metric.label} by {grain}, {period}",
    )
    with st.expander("Table"):
        listing(view, found, f"sales_by_{grain}")


def _split(view: View, name: str, by: str) -> None:
    metric = queries.metrics_by_name(view.build)[name]
    st.subheader(f"By {by}")
    found = view.metrics(MEASURES, view.filters.period, (by,)).sort_by([(name, "descending")])
    charts.bars(
        found.slice(0, _MOST_BARS),
        by,
        name,
        metric.unit,
        view.money,
        label=metric.label,
        about=f"{metric.label} by {by}",
    )
    with st.expander("Table"):
        listing(view, found, f"sales_by_{by}")


if __name__ == "__main__":
    show("Overview", overview, filters=("period", "source", "channel", "category"))
