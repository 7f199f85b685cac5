"""Why: the entries of the ledger that make up a number, and what is behind a document."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import streamlit as st

from storehouse.serving.dashboard import charts, queries
from storehouse.serving.dashboard.formats import figure
from storehouse.serving.dashboard.frame import View, as_csv, listing, show
from storehouse.serving.explain import ENTRY_COLUMNS, Explanation, Question, explained_entries
from storehouse.serving.explain_document import Document
from storehouse.serving.published import published

_DEFAULT = "net_sales"
_TABLES = {
    "entries": "Entries in the book",
    "order": "The order",
    "lines": "Lines of the order, with costs and shares",
    "rates": "Exchange rates",
    "payments": "Payments",
}


def why(view: View) -> None:
    sums = [one.name for one in queries.metrics_by_name(view.build).values() if one.sums_book]
    known = queries.metrics_by_name(view.build)
    name = st.selectbox(
        "Number",
        sums,
        index=sums.index(_DEFAULT),
        format_func=lambda one: known[one].label,
        key="metric",
        bind="query-params",
    )
    period = view.filters.period
    found = queries.explained(
        view.build, name, view.filters.conditions, since=period.since, until=period.until
    )
    st.metric(
        f"{found.metric.label}, {period}",
        figure(found.value, found.metric.unit, view.money),
        border=True,
    )
    st.markdown(found.metric.description)
    st.caption(f"{found.entry_count:,} entries of {found.document_count:,} documents make it up.")
    if not found.entry_count:
        return
    _entries(view, found)
    _documents(view, found)
    _document(view)


def _entries(view: View, found: Explanation) -> None:
    st.subheader("By type of entry")
    parts = queries.records(found.by_type).sort_by([("value", "descending")])
    charts.bars(
        parts,
        "entry_type",
        "value",
        found.metric.unit,
        view.money,
        label=found.metric.label,
        about=f"{found.metric.label} by type of entry",
    )
    listing(view, parts, "by_type", units={"value": found.metric.unit})
    period = view.filters.period
    question = Question(found.metric.name, view.filters.conditions, period.since, period.until)
    st.download_button(
        f"All {found.entry_count:,} entries as CSV",
        lambda: _all_entries(view, question),
        file_name=f"{found.metric.name}_entries_{found.build_id}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
    )


def _all_entries(view: View, question: Question) -> bytes:
    """All entries as CSV, queried when the button is pressed, from the build on the page."""
    with published(view.settings, view.build.build_id) as build:
        rows = explained_entries(build, question)
    return as_csv(queries.columns(ENTRY_COLUMNS, rows))


def _documents(view: View, found: Explanation) -> None:
    st.subheader("The largest documents")
    listing(
        view,
        queries.records(found.documents),
        "largest_documents",
        units={"value": found.metric.unit},
        height=320,
    )


def _document(view: View) -> None:
    st.subheader("Behind a document")
    number = st.text_input(
        "ID of an order or a refund",
        key="document",
        bind="query-params",
        placeholder="As in the list above",
    )
    if not number:
        return
    for document in queries.documents(view.build, number):
        st.markdown(
            f"**{document.document_type.capitalize()} {document.document_id}** "
            f"of {document.source_name}"
        )
        _tables(view, document)


def _tables(view: View, document: Document) -> None:
    for name, title in _TABLES.items():
        table: Any = document.tables[name]
        st.caption(title)
        if table.rows:
            found: pa.Table = queries.columns(table.columns, table.rows)
            keys = [column for column in table.columns if column.endswith("_key")]
            listing(view, found.drop_columns(keys), f"{document.document_type}_{name}")
        else:
            st.markdown("None.")


if __name__ == "__main__":
    show(
        "Where does this number come from?",
        why,
        filters=("period", "source", "channel", "category"),
    )
