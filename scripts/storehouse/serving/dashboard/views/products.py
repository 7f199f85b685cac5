"""Products: sales, margin and returns; what is bought together; prices and costs over time."""

from __future__ import annotations

import altair as alt
import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st

from storehouse.serving.dashboard import charts, queries, theme
from storehouse.serving.dashboard.formats import Money
from storehouse.serving.dashboard.frame import View, listing, measure, show

MEASURES = ("net_sales", "gross_sales", "units", "margin", "margin_rate", "returns", "return_rate")
_SHOWN = 15
_LISTED = 1000


def products(view: View) -> None:
    names = ("product", "product_id", "product_name", "category")
    found = view.metrics(MEASURES, view.filters.period, names)
    found = found.filter(pc.field("product") != "-1")
    if not found.num_rows:
        st.info("Nothing was sold in this period with these filters.", icon=":material/info:")
        return
    name = measure(view, MEASURES, "ranked_by")
    metric = queries.metrics_by_name(view.build)[name]
    ranked = found.sort_by([(name, "descending"), ("product_name", "ascending")])
    ranked = pa.concat_tables(
        [ranked.filter(pc.field(name).is_valid()), ranked.filter(pc.field(name).is_null())]
    )
    st.subheader(f"Most {metric.label.lower()}, {view.filters.period}", help=metric.description)
    charts.bars(
        ranked.slice(0, _SHOWN),
        "product_name",
        name,
        metric.unit,
        view.money,
        label=metric.label,
        about=f"Products by {metric.label}",
    )
    listing(view, ranked.drop_columns(["product", "product_id"]), "products", height=320)
    _product(view, ranked)


def _product(view: View, ranked: pa.Table) -> None:
    names = {
        row["product"]: f"{row['product_name']} · {row['product_id']}"
        for row in ranked.slice(0, _LISTED).to_pylist()
    }
    st.subheader("One product")
    product = st.selectbox(
        "Product",
        list(names),
        format_func=lambda key: names.get(key, key),
        key="product",
        bind="query-params",
    )
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("**Price and cost**")
        _prices(view, product)
    with right:
        st.markdown("**Bought in the same orders**")
        _companions(view, product)


def _prices(view: View, product: str) -> None:
    relation = "marts.dim_products_history"
    versions = view.table(
        f"""
        with versions as (
            select greatest(valid_from, $first::timestamp) as day,
                least(valid_to, $last::timestamp) as until, currency_code,
                list_price_amount, unit_cost_amount, is_current
            from {relation}
            where product_key = $product and valid_to > $first and valid_from <= $last
        )
        select unnest([day, until]) as day, strftime(day, '%-d %b %Y') as date, kind, amount,
            currency_code
        from (unpivot versions on list_price_amount as 'List price', unit_cost_amount as 'Unit cost'
            into name kind value amount)
        order by 1
    """,
        product=product,
        first=view.first,
        last=view.last,
    )
    if not versions.num_rows:
        st.caption("The sources state neither a price nor a cost of this product.")
        return
    code = versions.column("currency_code")[0].as_py()
    money = view.money if code == view.money.code else Money(code, view.money.digits)
    lines = (
        alt.Chart(theme.values(versions))
        .mark_line(interpolate="step-after")
        .encode(
            x=theme.days(),
            y=theme.amounts("amount", "money", money, scale=alt.Scale(zero=False)),
            color=alt.Color("kind:N", legend=theme.legend()),
            tooltip=[
                *theme.texts(kind="What", date="From"),
                *theme.figures(money, amount=("Amount", "money")),
            ],
        )
    )
    theme.show(lines, alt_text="List price and unit cost over time", height=240)
    history = view.table(
        f"""
        select valid_from, list_price_amount, unit_cost_amount, currency_code, category_name,
            is_active
        from {relation} where product_key = $product order by valid_from desc
    """,
        product=product,
    )
    with st.expander("Table"):
        listing(view, history, "price_history", relation=relation)


def _companions(view: View, product: str) -> None:
    relation = "reports.rpt_product_affinity"
    found = view.table(
        f"""
        select companion_product_name, together_orders_count, confidence_rate, lift
        from {relation} where product_key = $product order by lift desc, 1 limit 50
    """,
        product=product,
    )
    if found.num_rows:
        listing(
            view,
            found,
            "bought_together",
            relation=relation,
            labels={"companion_product_name": "With", "together_orders_count": "Orders"},
        )
    else:
        st.caption("No other product is in enough of its orders.")


if __name__ == "__main__":
    show("Products", products, filters=("period", "source", "channel", "category"))
