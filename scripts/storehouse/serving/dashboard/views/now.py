"""Now: today's sales, orders, stock and funnel, as live has them, or else the published build."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import altair as alt
import pyarrow as pa
import streamlit as st

from storehouse.core.errors import StorehouseError
from storehouse.serving.dashboard import charts, queries, theme
from storehouse.serving.dashboard.formats import NO_DATA, day, figure, long_day
from storehouse.serving.dashboard.formats import change as change_of
from storehouse.serving.dashboard.frame import View, missing, show
from storehouse.serving.dashboard.reading import Reading, reading
from storehouse.serving.dashboard.views.funnel import STEPS
from storehouse.serving.now_files import lanes
from storehouse.serving.published import published

_EVERY = "2s"
_ROWS = 20
_FIGURES = {
    "net_sales_amount": ("Net sales", "money"),
    "orders_count": ("Orders", "count"),
    "sold_quantity": ("Units", "quantity"),
}


def now(view: View) -> None:
    _moving(view)


@st.fragment(run_every=_EVERY)
def _moving(view: View) -> None:
    """All that moves. It opens what it reads itself, since the page's build is closed by then."""
    try:
        with published(view.settings) as build:
            fresh = replace(view, build=build)
            if not lanes(view.settings):
                st.info(
                    f"**Live is off.** These are the figures of build {build.build_id}; "
                    "`storehouse live` keeps them up to date.",
                    icon=":material/bolt:",
                )
            _sales(fresh)
            _orders(fresh)
            left, right = st.columns(2, gap="medium")
            with left:
                _stock(fresh)
            with right:
                _funnel(fresh)
    except StorehouseError as error:
        st.error(str(error))


def _sales(view: View) -> None:
    with reading(view, "sales_now") as found:
        today = (
            f"from reports.rpt_sales_now where {found.where} and sales_date = "
            f"(select max(sales_date) from reports.rpt_sales_now where {found.where})"
        )
        # An hour that has not begun is not compared.
        row = found.one(f"""
            with today as (select * {today}),
            reached as (select max(sales_hour) filter (orders_count > 0) as hour from today)
            select max(sales_date) as sales_date, any_value(reached.hour) as hour,
                {_summed("sum({})")},
                {_summed("sum({}) filter (sales_hour <= reached.hour)", "week_before_")}
            from today cross join reached
        """)
        if row["sales_date"] is None:
            st.subheader("Sales today")
            missing("sales", "No source has booked anything yet.")
            return
        before = row["sales_date"] - timedelta(days=7)
        st.subheader(f"Sales on {long_day(row['sales_date'])}")
        found.say_as_of()
        pairs = [(row[name], row[f"week_before_{name}"]) for name in _FIGURES]
        changed = queries.changes(view.build, pairs, of_shares=[False] * len(pairs))
        meaning = queries.descriptions(view.build, "reports.rpt_sales_now")
        with st.container(horizontal=True):
            for (name, (label, unit)), change in zip(_FIGURES.items(), changed, strict=True):
                st.metric(
                    label,
                    figure(row[name], unit, view.money),
                    NO_DATA if change is None else change_of(change, unit),
                    delta_color="off" if change is None else "normal",
                    delta_arrow="off" if change is None else "auto",
                    help=meaning[name],
                    border=True,
                )
        st.caption(
            f"Bars: today. Line: {long_day(before)}, a week before. Arrows: against that day "
            "until the end of the hour of today's newest order."
        )
        _by_hour(found, today)


def _summed(form: str, prefix: str = "") -> str:
    return ", ".join(f"{form.format(prefix + name)} as {prefix}{name}" for name in _FIGURES)


def _by_hour(found: Reading, today: str) -> None:
    hours = found.table(f"""
        select printf('%02d:00', hour) as hour,
            coalesce(sum(net_sales_amount), 0) as today,
            coalesce(sum(week_before_net_sales_amount), 0) as week_before,
            coalesce(sum(orders_count), 0)::bigint as orders
        from range(24) as hours (hour)
        left join (select * {today}) on hour = sales_hour
        group by all order by all
    """)
    money = found.view.money
    tips = [
        *theme.texts(hour="Hour"),
        *theme.figures(
            money,
            today=("Net sales", "money"),
            week_before=("A week before", "money"),
            orders=("Orders", "count"),
        ),
    ]
    base = alt.Chart(theme.values(hours)).encode(
        x=alt.X("hour:N", axis=alt.Axis(title=None, labelAngle=0, labelOverlap=True, ticks=False))
    )
    bars = base.mark_bar(cornerRadiusEnd=3).encode(
        y=theme.amounts("today", "money", money), tooltip=tips
    )
    points = alt.OverlayMarkDef(color=theme.MUTED, size=24)
    line = base.mark_line(color=theme.MUTED, strokeDash=[4, 3], point=points).encode(
        y=theme.amounts("week_before", "money", money), tooltip=tips
    )
    theme.show(bars + line, alt_text="Net sales by hour, today and a week before", height=260)


def _orders(view: View) -> None:
    st.subheader("Newest orders")
    with reading(view, "orders_now") as found:
        found.say_as_of()
        found.listing(
            f"""
            select placed_at, order_id, channel, order_status, sold_quantity,
                reporting_total_amount, reporting_received_amount, is_cancelled
            from reports.rpt_orders_now where {found.where}
            order by placed_at desc nulls last, order_id limit {_ROWS}
            """,
            {
                "placed_at": "Placed (UTC)",
                "sold_quantity": "Units",
                "reporting_total_amount": "Total",
                "reporting_received_amount": "Paid",
                "is_cancelled": "Cancelled",
            },
            "No source has delivered an order.",
        )


def _stock(view: View) -> None:
    st.subheader("Runs out")
    with reading(view, "stock_now") as found:
        found.say_as_of()
        row = found.one(
            "select count(*) as products, count(*) filter (is_out_of_stock) as out_of_stock, "
            "count(*) filter (needs_reorder) as to_reorder "
            f"from reports.rpt_stock_now where {found.where}"
        )
        if not row["products"]:
            missing("stock", "The sources that are on deliver no stock movements.")
            return
        meaning = queries.descriptions(view.build, "reports.rpt_stock_now")
        with st.container(horizontal=True):
            for label, name, column in (
                ("Out of stock", "out_of_stock", "is_out_of_stock"),
                ("To reorder", "to_reorder", "needs_reorder"),
            ):
                st.metric(label, f"{row[name]:,}", border=True, help=meaning[column])
        found.listing(
            f"""
            select product_name, on_hand_quantity, days_of_cover, average_daily_sold_quantity,
                last_moved_at
            from reports.rpt_stock_now where needs_reorder and {found.where}
            order by average_daily_sold_quantity > 0 desc nulls last, days_of_cover nulls last,
                average_daily_sold_quantity desc nulls last, product_name limit {_ROWS}
            """,
            {
                "days_of_cover": "Days left",
                "average_daily_sold_quantity": "Sold per day",
                "last_moved_at": "Moved (UTC)",
            },
            "Every product that can be bought lasts until a delivery.",
        )


def _funnel(view: View) -> None:
    with reading(view, "funnel_now") as found:
        today = (
            f"from reports.rpt_funnel_now where {found.where} and session_date = "
            f"(select max(session_date) from reports.rpt_funnel_now where {found.where})"
        )
        sums = ", ".join(f"sum({column})::bigint as {column}" for column in STEPS.values())
        row = found.one(
            f"select max(session_date) as session_date, {sums}, sum(purchase_sessions_count) / "
            f"nullif(sum(sessions_count), 0) as conversion_rate {today}"
        )
        st.subheader(f"Funnel on {day(row['session_date'])}" if row["session_date"] else "Funnel")
        found.say_as_of()
        if row["session_date"] is None:
            missing("web events", "No source that is on delivers web events.")
            return
        meaning = queries.descriptions(view.build, "reports.rpt_funnel_now")
        with st.container(horizontal=True):
            st.metric(
                "Sessions",
                f"{row['sessions_count']:,}",
                border=True,
                help=meaning["sessions_count"],
            )
            st.metric(
                "Conversion",
                figure(row["conversion_rate"], "rate", view.money),
                border=True,
                help=meaning["conversion_rate"],
            )
        charts.bars(
            pa.table({"step": list(STEPS), "sessions": [row[name] for name in STEPS.values()]}),
            "step",
            "sessions",
            "count",
            view.money,
            label="Sessions",
            about="Sessions of today that reached each step",
        )


if __name__ == "__main__":
    show("Now", now, filters=("source",))
