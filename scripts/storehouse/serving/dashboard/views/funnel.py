"""Funnel: how far visits get, by channel and campaign."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st

from storehouse.serving.dashboard import charts, queries
from storehouse.serving.dashboard.formats import figure, words
from storehouse.serving.dashboard.frame import View, listing, missing, show

_MOST_BARS = 12
_REPORT = "reports.rpt_funnel_daily"
# A step, and the column that counts the sessions that reached it.
STEPS = {
    "Sessions": "sessions_count",
    "Product viewed": "product_view_sessions_count",
    "Added to cart": "cart_sessions_count",
    "Checkout": "checkout_sessions_count",
    "Purchase": "purchase_sessions_count",
}
_SUMS = """
    sum(sessions_count)::bigint as sessions_count,
    sum(product_view_sessions_count)::bigint as product_view_sessions_count,
    sum(cart_sessions_count)::bigint as cart_sessions_count,
    sum(checkout_sessions_count)::bigint as checkout_sessions_count,
    sum(purchase_sessions_count)::bigint as purchase_sessions_count,
    sum(orders_count)::bigint as orders_count,
    sum(net_amount) as net_amount
"""


def funnel(view: View) -> None:
    if not queries.has_rows(view.build, _REPORT):
        missing("web events", "No source that is on delivers web events, so there is no funnel.")
        return
    period = view.filters.period
    where = f"session_date between $since and $until and {view.filters.on(source='source_name')}"
    span = {"since": period.since, "until": period.until}
    total = view.one(f"select {_SUMS} from {_REPORT} where {where}", **span)
    st.subheader(str(period))
    if not total["sessions_count"]:
        st.caption("No session began in this period.")
        return
    _steps(view, total)
    _by_day(view)
    for name, column in (("marketing_channel", "marketing_channel"), ("campaign", "utm_campaign")):
        _split(view, name, column, where, span)


def _split(view: View, name: str, column: str, where: str, span: dict[str, Any]) -> None:
    label = words(name).lower()
    st.subheader(f"Conversion by {label}")
    found = view.metrics(
        ("sessions", "purchase_sessions", "conversion"), view.filters.period, (name,)
    )
    busy = found.filter(pc.field("sessions") > 0).sort_by([("sessions", "descending")])
    charts.bars(
        busy.slice(0, _MOST_BARS),
        name,
        "conversion",
        "rate",
        view.money,
        label="Conversion",
        about=f"Conversion by {label}, the most visited first",
    )
    steps = view.table(
        f"""
        select coalesce(nullif({column}, ''), '(none)') as {name}, {_SUMS} from {_REPORT}
        where {where} group by 1 having sum(sessions_count) > 0
        order by sessions_count desc, 1 limit 200
    """,
        **span,
    )
    with st.expander("Table"):
        listing(view, steps, f"funnel_by_{name}", relation=_REPORT)


def _steps(view: View, total: dict[str, Any]) -> None:
    known = queries.metrics_by_name(view.build)
    meaning = {
        **queries.descriptions(view.build, _REPORT),
        "sessions_count": known["sessions"].description,
        "purchase_sessions_count": known["purchase_sessions"].description,
    }
    with st.container(horizontal=True):
        for step, column in STEPS.items():
            st.metric(step, f"{total[column]:,}", border=True, help=meaning[column])
        conversion = known["conversion"]
        found = view.figures(("conversion",), view.filters.period)
        st.metric(
            conversion.label,
            figure(found["conversion"], conversion.unit, view.money),
            border=True,
            help=conversion.description,
        )
    steps = pa.table({"step": list(STEPS), "sessions": [total[name] for name in STEPS.values()]})
    charts.bars(
        steps,
        "step",
        "sessions",
        "count",
        view.money,
        label="Sessions",
        about="Sessions that reached each step",
    )


def _by_day(view: View) -> None:
    st.subheader("Conversion by day")
    daily = view.over_time(("sessions", "conversion"), view.filters.period, "day")
    charts.line(
        daily,
        "day",
        "conversion",
        "rate",
        view.money,
        label="Conversion",
        about="Conversion by day",
    )


if __name__ == "__main__":
    show("Funnel", funnel, filters=("period", "source"))
