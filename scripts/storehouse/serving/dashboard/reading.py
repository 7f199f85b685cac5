"""What a page that moves reads: a report of now from its lane's file, or from the build."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pyarrow as pa
import streamlit as st

from storehouse.serving.dashboard import frame
from storehouse.serving.dashboard.frame import View
from storehouse.serving.now_files import NowState, now_file
from storehouse.serving.reports import report_shape

# A lane writes each few seconds unless its --every is longer.
_QUIET_AFTER = timedelta(minutes=1)


@dataclass(frozen=True)
class Reading:
    """A report of now, queried anew at each drawing: no result is cached.

    `state` is None if the published build answers; `where` has the page's filters as SQL.
    """

    report: str
    view: View
    state: NowState | None
    con: duckdb.DuckDBPyConnection
    where: str

    def table(self, query: str) -> pa.Table:
        return self.con.sql(query).to_arrow_table()

    def one(self, query: str) -> dict[str, Any]:
        """The single row of a query."""
        (row,) = self.table(query).to_pylist()
        return dict(row)

    def say_as_of(self) -> None:
        """Which lane's time and offset the figures are of."""
        state = self.state
        if state is None:
            st.caption(f"Not live: of the published build {self.view.build.build_id}.")
            return
        st.caption(
            f"Lane **{state.lane}** · as of {state.as_of:%-d %b %Y, %H:%M:%S} UTC · log offset "
            f"{state.log_offset:,} · {state.events_per_second:,.1f} events/s · "
            f"lag {state.lag_seconds:,.1f} s · {state.quarantined_count:,} quarantined"
        )
        age = datetime.now(UTC).replace(tzinfo=None) - state.as_of
        if age > _QUIET_AFTER:
            st.warning(
                f"Lane {state.lane} has written nothing for {age // timedelta(minutes=1):,} "
                "minutes: its `--every` is longer, or `storehouse live` has stopped.",
                icon=":material/schedule:",
            )

    def listing(self, query: str, labels: dict[str, str], nothing: str) -> None:
        """The rows of a query as a table, or a sentence if there are none."""
        table = self.table(query)
        if table.num_rows:
            relation = f"reports.rpt_{self.report}"
            frame.listing(
                self.view, table, self.report, relation=relation, labels=labels, height=300
            )
        else:
            st.caption(nothing)


@contextmanager
def reading(view: View, report: str) -> Iterator[Reading]:
    """Read a report, such as sales_now, as of this moment.

    Raises UnknownName if the build is of a version that did not have it.
    """
    report_shape(view.build, report)
    where = view.filters.on(source="source_name")
    with now_file(view.settings, view.build, report) as file:
        if file is None:
            yield Reading(report, view, None, view.build.con, where)
        else:
            yield Reading(report, view, file.state, file.con, where)
