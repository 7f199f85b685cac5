"""Customers: retention, segments, and moves between segments."""

from __future__ import annotations

import altair as alt
import pyarrow.compute as pc
import streamlit as st

from storehouse.serving.dashboard import charts, queries, theme
from storehouse.serving.dashboard.formats import abbreviated
from storehouse.serving.dashboard.frame import View, listing, missing, show
from storehouse.serving.where import Condition

_COHORTS = "reports.rpt_customer_cohorts"
_SEGMENTS = "reports.rpt_customer_segments_monthly"
_MEASURES = {
    "Retention": ("retention_rate", "rate"),
    "Net sales per customer": ("cumulative_net_sales_per_customer_amount", "money"),
    "Margin per customer": ("cumulative_margin_per_customer_amount", "money"),
}
_SHOWN_COHORTS = 18
_SHOWN_FLOWS = 15


def customers(view: View) -> None:
    if not queries.has_rows(view.build, _COHORTS):
        missing(
            "customers", "No order with goods names a customer, so there are no cohorts to show."
        )
        return
    source = _source(view)
    _new_and_returning(view, source)
    _cohorts(view, source)
    _segments(view, source)
    _flow(view, source)


def _source(view: View) -> str:
    """The source to show: shares of several sources can't be added."""
    sources = queries.values(view.build, _COHORTS, "source_name")
    if len(sources) == 1:
        return sources[0]
    return str(st.selectbox("Source", sources, key="customers_of", bind="query-params"))


def _new_and_returning(view: View, source: str) -> None:
    known = queries.metrics_by_name(view.build)
    names = ("new_customers", "returning_customers", "repeat_rate")
    st.subheader("New and returning", help=" ".join(known[name].description for name in names))
    months = queries.answered(
        view.build,
        names,
        ("month",),
        (Condition("source", "=", (source,)),),
        since=view.first,
        until=view.last,
    )
    bars = (
        alt.Chart(theme.values(theme.dated(months, "month")))
        .transform_fold(list(names[:2]), as_=["metric", "customers"])
        .transform_calculate(kind="datum.metric == 'new_customers' ? 'New' : 'Returning'")
        .mark_bar()
        .encode(
            x=_months(),
            xOffset="kind:N",
            y=theme.amounts("customers", "count", view.money),
            color=alt.Color("kind:N", legend=theme.legend()),
            tooltip=[
                *theme.texts(date="Month from", kind="Customers", customers="Number"),
                *theme.figures(view.money, repeat_rate=("Repeat rate", "rate")),
            ],
        )
    )
    theme.show(bars, alt_text="New and returning customers by month", height=260)
    with st.expander("Table"):
        listing(view, months, "new_and_returning")


def _cohorts(view: View, source: str) -> None:
    st.subheader("Cohorts")
    has_cost = view.one(
        f"select coalesce(sum(cumulative_margin_amount), 0) <> 0 as found from {_COHORTS} "
        "where source_name = $source",
        source=source,
    )["found"]
    names = [name for name in _MEASURES if has_cost or not name.startswith("Margin")]
    name = st.segmented_control(
        "Measure",
        names,
        default=names[0],
        key="cohorts",
        required=True,
        bind="query-params",
        help=queries.descriptions(view.build, _COHORTS)["retention_rate"],
    )
    column, unit = _MEASURES[name or names[0]]
    cohorts = view.table(
        f"""
        select strftime(cohort_month_date, '%b %Y') as cohort, months_since_count,
            customers_count, active_customers_count, {column}
        from {_COHORTS}
        where source_name = $source and cohort_month_date > (
            select max(cohort_month_date) - to_months({_SHOWN_COHORTS}) from {_COHORTS}
            where source_name = $source)
        order by cohort_month_date, months_since_count
    """,
        source=source,
    )
    charts.heat(
        # Month 0 is always 100 %, which would flatten the colours of all other months.
        cohorts.filter(pc.field("months_since_count") > 0) if unit == "rate" else cohorts,
        alt.X(
            "months_since_count:O",
            axis=alt.Axis(title="Months since the first order", labelAngle=0, labelOverlap=True),
        ),
        "cohort",
        column,
        [
            *theme.texts(
                cohort="First order in",
                months_since_count="Months since",
                customers_count="Customers",
                active_customers_count="Ordered in that month",
            ),
            *theme.figures(view.money, **{column: (name, unit)}),
        ],
        label=abbreviated("datum.value", unit, view.money),
        about=f"{name} by month of first order and months since",
    )
    with st.expander("Table"):
        listing(view, cohorts, "cohorts", relation=_COHORTS)


def _segments(view: View, source: str) -> None:
    st.subheader("Segments", help=queries.descriptions(view.build, _SEGMENTS)["segment_name"])
    found = view.table(
        f"""
        with months as (
        select month_start_date as month, strftime(month_start_date, '%b %Y') as month_name,
            segment_name, count(*) as customers,
            avg(recency_score + frequency_monetary_score) as score
        from {_SEGMENTS}
        where source_name = $source and month_start_date > (
            select max(month_start_date) - interval 12 month from {_SEGMENTS}
            where source_name = $source)
        group by all
        )
        select month, month_name, segment_name, customers from months
        order by avg(score) over (partition by segment_name) desc, segment_name, month
    """,
        source=source,
    )
    charts.heat(
        found,
        _months(),
        "segment_name",
        "customers",
        theme.texts(month_name="Month", segment_name="Segment", customers="Customers"),
        label=abbreviated("datum.value", "count", view.money),
        about="Customers of each segment by month",
    )
    with st.expander("Table"):
        listing(view, found.drop_columns(["month_name"]), "segments", relation=_SEGMENTS)


def _flow(view: View, source: str) -> None:
    st.subheader(
        "Movement between segments", help=queries.descriptions(view.build, _SEGMENTS)["movement"]
    )
    months = view.rows(
        f"""
        select distinct strftime(month_start_date, '%Y-%m') as month from {_SEGMENTS}
        where source_name = $source order by 1 desc
    """,
        source=source,
    )
    month = st.selectbox(
        "Month", [row["month"] for row in months], key="month", bind="query-params", width=200
    )
    flow = view.table(
        f"""
        select coalesce(previous_segment_name || ' → ', 'First order → ') || segment_name as flow,
            movement, count(*) as customers
        from {_SEGMENTS}
        where source_name = $source and strftime(month_start_date, '%Y-%m') = $month
        group by all order by customers desc, flow
    """,
        source=source,
        month=month,
    )
    moved = flow.filter(pc.field("movement") != "stayed")
    charts.bars(
        moved.slice(0, _SHOWN_FLOWS),
        "flow",
        "customers",
        "count",
        view.money,
        label="Customers",
        about=f"The largest flows between segments in {month}",
    )
    with st.expander("Table"):
        listing(view, flow, "segment_flow", relation=_SEGMENTS)


def _months() -> alt.X:
    form = alt.Axis(title=None, labelAngle=0, labelOverlap=True, format="%b %y")
    return alt.X("utcyearmonth(month):O", axis=form)


if __name__ == "__main__":
    show("Customers", customers)
