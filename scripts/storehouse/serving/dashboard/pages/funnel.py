"""Funnel: how far visits come, by what brought them."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import streamlit as st

from storehouse.serving.dashboard import charts, queries
from storehouse.serving.dashboard.formats import share
from storehouse.serving.dashboard.frame import View, listing, missing, show

_REPORT = "reports.rpt_funnel_daily"
# A step, the column that counts the sessions that came so far, and its share's.
_STEPS = {
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
    (sum(purchase_sessions_count) / nullif(sum(sessions_count), 0))::decimal(9, 6)
        as conversion_rate,
    sum(orders_count)::bigint as orders_count,
    sum(net_amount) as net_amount
"""


def funnel(view: View) -> None:
    if not queries.has_rows(view.build, _REPORT):
        missing("web events", "The sources that are on deliver no visits, so there is no funnel.")
        return
    period = view.filters.period
    where = f"session_date between $since and $until and {view.filters.on(source='source_name')}"
    span = {"since": period.since, "until": period.until}
    total = view.one(f"select {_SUMS} from {_REPORT} where {where}", **span)
    st.subheader(str(period))
    if not total["sessions_count"]:
        st.caption("No session began in these days.")
        return
    _steps(view, total)
    _by_day(view, where, span)
    for name, column in (("channel", "marketing_channel"), ("campaign", "utm_campaign")):
        st.subheader(f"By {name}")
        found = view.table(
            f"""
            select coalesce(nullif({column}, ''), '(none)') as {column}, {_SUMS} from {_REPORT}
            where {where} group by 1 having sum(sessions_count) > 0
            order by sessions_count desc, 1 limit 200
        """,
            **span,
        )
        charts.bars(
            found.slice(0, 12),
            column,
            "conversion_rate",
            "rate",
            view.money,
            label="Conversion",
            about=f"Conversion by {name}",
        )
        listing(view, found, f"funnel_by_{name}", relation=_REPORT)


def _steps(view: View, total: dict[str, Any]) -> None:
    meaning = queries.descriptions(view.build, _REPORT)
    with st.container(horizontal=True):
        for step, column in _STEPS.items():
            st.metric(step, f"{total[column]:,}", border=True, help=meaning[column])
        st.metric(
            "Conversion",
            share(total["conversion_rate"]),
            border=True,
            help=meaning["conversion_rate"],
        )
    steps = pa.table({"step": list(_STEPS), "sessions": [total[name] for name in _STEPS.values()]})
    charts.bars(
        steps,
        "step",
        "sessions",
        "count",
        view.money,
        label="Sessions",
        about="Sessions that came to each step",
    )


def _by_day(view: View, where: str, span: dict[str, Any]) -> None:
    st.subheader("Conversion by day")
    daily = view.table(
        f"""
        select session_date as day, strftime(session_date, '%a %-d %b %Y') as date, {_SUMS}
        from {_REPORT} where {where} group by all order by 1
    """,
        **span,
    )
    charts.line(
        daily, "conversion_rate", "rate", view.money, label="Conversion", about="Conversion by day"
    )


if __name__ == "__main__":
    show("Funnel", funnel, filters=("period", "source"))
