"""Stock: days of cover, what to reorder and why, and lost sales."""

from __future__ import annotations

import altair as alt
import streamlit as st

from storehouse.serving.dashboard import charts, queries, theme
from storehouse.serving.dashboard.filters import Period
from storehouse.serving.dashboard.formats import day, figure
from storehouse.serving.dashboard.frame import View, listing, missing, show

_REPORT = "reports.rpt_stock_cover"


def stock(view: View) -> None:
    where = view.filters.on(source="source_name", category="category_name")
    if not queries.has_rows(view.build, _REPORT):
        missing(
            "stock",
            "The sources that are on deliver no stock movements, so there is "
            "nothing on hand to show and nothing to reorder.",
        )
        return
    _figures(view, where)
    _cover(view, where)
    _reorder(view, where)
    _lost(view, where)
    _curve(view, where)


def _figures(view: View, where: str) -> None:
    meaning = queries.descriptions(view.build, _REPORT)
    row = view.one(f"""
        select count(*) filter (needs_reorder) as to_reorder,
            count(*) filter (is_out_of_stock) as out_of_stock,
            coalesce(sum(lost_sales_days_count), 0)::bigint as lost_days,
            max(as_of_date) as as_of_date
        from {_REPORT} where {where}
    """)
    st.subheader(f"On {day(row['as_of_date'])}" if row["as_of_date"] else "No product here")
    counts = {
        "To reorder": (row["to_reorder"], meaning["needs_reorder"]),
        "Out of stock": (row["out_of_stock"], meaning["is_out_of_stock"]),
        "Lost-sales days": (row["lost_days"], meaning["lost_sales_days_count"]),
    }
    known = queries.metrics_by_name(view.build)
    names = ("stock_value", "days_of_cover")
    values = view.figures(names, Period(view.first, view.newest))
    with st.container(horizontal=True):
        for label, (count, help_) in counts.items():
            st.metric(label, f"{count:,}", border=True, help=help_)
        for name in names:
            metric = known[name]
            st.metric(
                metric.label,
                figure(values[name], metric.unit, view.money),
                border=True,
                help=metric.description,
            )


def _cover(view: View, where: str) -> None:
    st.subheader(
        "How long it lasts", help=queries.descriptions(view.build, _REPORT)["days_of_cover"]
    )
    bands = view.table(f"""
        select upper(cover_band[1]) || cover_band[2:] as cover, count(*) as products
        from {_REPORT} where {where} group by cover_band
        order by bool_or(is_out_of_stock) desc, min(days_of_cover) nulls last
    """)
    charts.bars(
        bands,
        "cover",
        "products",
        "count",
        view.money,
        label="Products",
        about="Products by how long their stock lasts",
    )


def _reorder(view: View, where: str) -> None:
    st.subheader("To reorder")
    listing(
        view,
        view.table(f"""
            select product_name, category_name, reorder_quantity, reorder_reason,
                on_hand_quantity, average_daily_sold_quantity, days_of_cover, sku
            from {_REPORT} where needs_reorder and {where}
            order by reorder_quantity desc nulls last, product_name limit 500
        """),
        "to_reorder",
        relation=_REPORT,
        labels={
            "reorder_quantity": "Order",
            "average_daily_sold_quantity": "Sold per day",
            "reorder_reason": "Why",
        },
    )


def _lost(view: View, where: str) -> None:
    st.subheader("Lost-sales days")
    lost = view.table(f"""
        select product_name, lost_sales_days_count, estimated_lost_quantity, on_hand_quantity,
            category_name
        from {_REPORT} where lost_sales_days_count > 0 and {where}
        order by estimated_lost_quantity desc nulls last, lost_sales_days_count desc, product_name
        limit 500
    """)
    if lost.num_rows:
        listing(
            view,
            lost,
            "lost_sales_days",
            relation=_REPORT,
            height=245,
            labels={"lost_sales_days_count": "Lost days", "estimated_lost_quantity": "Lost units"},
        )
    else:
        st.caption("Every product could be sold on every day of the window.")


def _curve(view: View, where: str) -> None:
    st.subheader("A product's stock")
    names = {
        row["product_key"]: row["name"]
        for row in view.rows(f"""
        select product_key, concat_ws(' · ', product_name, sku) as name
        from {_REPORT} where {where} order by estimated_lost_quantity desc nulls last, 2 limit 1000
    """)
    }
    if not names:
        st.caption("No product matches the filters.")
        return
    product = st.selectbox(
        "Product",
        list(names),
        format_func=lambda key: names.get(key, key),
        key="product",
        bind="query-params",
    )
    period = view.filters.period
    curve = view.table(
        """
        select stock_date as day, strftime(stock_date, '%a %-d %b %Y') as date, on_hand_quantity,
            sold_quantity, received_quantity, is_lost_sales_day
        from marts.fct_stock_daily
        where product_key = $product and stock_date between $since and $until order by 1
    """,
        product=product,
        since=period.since,
        until=period.until,
    )
    tips = theme.texts(
        date="Day", on_hand_quantity="On hand", sold_quantity="Sold", received_quantity="Received"
    )
    base = alt.Chart(theme.values(curve)).encode(x=theme.days())
    line = base.mark_area(interpolate="step-after", line=True, opacity=0.25).encode(
        y=theme.amounts("on_hand_quantity", "count", view.money), tooltip=tips
    )
    lost = (
        base.transform_filter("datum.is_lost_sales_day")
        .mark_point(color=theme.WARNING, filled=True, size=45, shape="triangle-down")
        .encode(y=alt.datum(0), tooltip=tips)
    )
    theme.show(line + lost, alt_text=f"Stock of {names[product]} by day")
    st.caption(f"{period}. Orange marks: days with nothing to sell.")


if __name__ == "__main__":
    show("Stock", stock, filters=("period", "source", "category"))
