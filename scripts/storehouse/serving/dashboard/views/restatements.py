"""Restatements: which figures of earlier days differ between two builds, and why."""

from __future__ import annotations

import pyarrow as pa
import streamlit as st

from storehouse.serving.dashboard import queries
from storehouse.serving.dashboard.formats import day
from storehouse.serving.dashboard.frame import View, listing, missing, show
from storehouse.serving.diff import Difference
from storehouse.serving.diff_causes import CAUSES
from storehouse.serving.published import kept_builds


def restatements(view: View) -> None:
    kept = list(kept_builds(view.settings))
    if len(kept) < 2:  # noqa: PLR2004
        missing(
            "earlier build",
            "Only one build is published, so there is nothing to compare. "
            "`storehouse run` publishes another once something has changed.",
        )
        return
    left, right = st.columns(2)
    older = left.selectbox(
        "Older build", kept[:-1], index=len(kept) - 2, key="older", bind="query-params"
    )
    later = kept[kept.index(older) + 1 :]
    newer = right.selectbox(
        "Newer build", later, index=len(later) - 1, key="newer", bind="query-params"
    )
    found = queries.difference(view.settings, older, newer)
    _rules(found)
    if found.figures:
        _restated(view, found)
    else:
        st.success("No figure of a day in the older build was restated.")
    _others(view, found)


def _rules(found: Difference) -> None:
    """Causes of a restatement other than data."""
    if found.code_changed:
        st.info("The code was changed between these builds.", icon=":material/code:")
    if found.settings_changed:
        st.info(
            f"Settings were changed: {', '.join(found.settings_changed)}.", icon=":material/tune:"
        )


def _restated(view: View, found: Difference) -> None:
    known = queries.metrics_by_name(view.build)
    names = sorted({figure.metric for figure in found.figures})
    days = {figure.day for figure in found.figures}
    st.markdown(
        f"**{len(found.figures):,} figures of {len(days):,} days were restated**, "
        f"{day(min(days))} to {day(max(days))}."
    )
    st.subheader("Causes")
    name = st.selectbox(
        "Metric",
        names,
        index=names.index("net_sales") if "net_sales" in names else 0,
        format_func=lambda one: known[one].label if one in known else one,
        key="restated",
        bind="query-params",
    )
    unit = known[name].unit if name in known else "money"
    units = dict.fromkeys(("older", "newer", "difference", "value"), unit)
    for title, rows in (
        ("", found.causes),
        ("Days", found.figures),
        ("Documents", found.changes),
    ):
        if title:
            st.subheader(title)
        table = queries.records([row for row in rows if row.metric == name][:1000])
        listing(
            view,
            _with_cause_labels(table.drop_columns("metric")),
            f"restated_{(title or 'causes').lower()}",
            units=units,
        )


def _with_cause_labels(table: pa.Table) -> pa.Table:
    """The table with its causes in words."""
    if "cause" not in table.column_names:
        return table
    words = [CAUSES[cause] for cause in table["cause"].to_pylist()]
    return table.set_column(table.column_names.index("cause"), "cause", [words])


def _others(view: View, found: Difference) -> None:
    if found.loads:
        st.subheader("Loads behind the changes")
        listing(view, queries.records(found.loads), "loads_of_changes")
    if found.new_days:
        st.subheader("New days")
        money = [row for row in found.new_days if row.metric == "net_sales"]
        listing(
            view, queries.records(money or found.new_days), "new_days", units={"value": "money"}
        )
    if found.dimension_changes:
        st.subheader("Grouped differently now")
        listing(view, queries.records(found.dimension_changes[:1000]), "grouped_otherwise")


if __name__ == "__main__":
    show("Restatements", restatements)
