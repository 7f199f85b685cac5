"""The tools of assistants: what each answers is that of the API.

A model reads the docstring of a tool and the descriptions of its arguments.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import asdict
from typing import Annotated, Any

from pydantic import Field

from storehouse.serving.answers import (
    NARROWER,
    Answers,
    Filters,
    data_status,
    documents,
    entry_page,
    metric_page,
    report_page,
)
from storehouse.serving.api.parameters import Conditions, Day
from storehouse.serving.difference import LARGEST, REMEDY, Part
from storehouse.serving.explain import Question, explain
from storehouse.serving.metrics import known_or_refused, metrics
from storehouse.serving.pages import PageRequest
from storehouse.serving.published import Deadline, Published
from storehouse.serving.reports import report_shape, report_shapes

_MAX_ROWS = 1_000

Since = Annotated[Day | None, Field(description="The first day to include, as 2025-12-01.")]
Until = Annotated[Day | None, Field(description="The last day to include, as 2025-12-31.")]
Build = Annotated[str | None, Field(description="A kept build; default: the current one.")]
Older = Annotated[str | None, Field(description="A kept build; default: the last but one.")]
Newer = Annotated[str | None, Field(description="A later one; default: the last.")]
Limit = Annotated[int, Field(ge=1, le=_MAX_ROWS, description="Maximum number of rows.")]
NextPage = Annotated[
    str | None, Field(description="`next_page` of the previous page; keep all else.")
]


class Tools:
    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def _rows_of(
        self, build: str | None, page: str | None = None
    ) -> AbstractContextManager[Published]:
        deadline = Deadline(self._answers.seconds, NARROWER)
        return self._answers.build(build, page, deadline=deadline)

    def list_metrics(self, build: Build = None) -> dict[str, Any]:
        """The metrics, each with its definition and unit."""
        with self._answers.build(build) as opened:
            return {
                "build_id": opened.build_id,
                "metrics": [
                    {"name": one.name, "unit": one.unit, "description": one.description}
                    for one in metrics(opened)
                ],
            }

    def describe_metric(self, name: str, build: Build = None) -> dict[str, Any]:
        """A metric: definition, unit, and the dimensions that it can be grouped and filtered by.

        `sums_book` says whether explain_metric can take it apart.
        """
        with self._answers.build(build) as opened:
            known = {one.name: one for one in metrics(opened)}
            known_or_refused(name, known, "metric")
            return {"build_id": opened.build_id, "metric": known[name]}

    def query_metrics(
        self,
        names: Annotated[list[str], Field(description="For example net_sales, orders.")],
        by: Annotated[
            tuple[str, ...],
            Field(description="day, week, month, quarter, year, or dimensions of all the metrics."),
        ] = (),
        *,
        where: Conditions = (),
        since: Since = None,
        until: Until = None,
        limit: Limit = 100,
        page: NextPage = None,
        build: Build = None,
    ) -> dict[str, Any]:
        """Values of metrics, in total or grouped. A group without entries has no row."""
        with self._rows_of(build, page) as opened:
            filters = Filters(where, since, until)
            return metric_page(opened, names, by, filters, PageRequest(limit, page)).document()

    def list_reports(self, build: Build = None) -> dict[str, Any]:
        """The reports; each description ends with the grain (one row per …)."""
        with self._answers.build(build) as opened:
            return {
                "build_id": opened.build_id,
                "reports": [
                    {"name": one.name, "description": one.description}
                    for one in report_shapes(opened)
                ],
            }

    def describe_report(self, name: str, build: Build = None) -> dict[str, Any]:
        """A report and its columns; `day` is the column that since and until apply to."""
        with self._answers.build(build) as opened:
            return {"build_id": opened.build_id, "report": report_shape(opened, name)}

    def read_report(
        self,
        name: str,
        *,
        where: Conditions = (),
        since: Since = None,
        until: Until = None,
        limit: Limit = 100,
        page: NextPage = None,
        build: Build = None,
    ) -> dict[str, Any]:
        """Rows of a report; conditions are on its columns.

        Reports that end in _now are of this moment where live is on: then `now` has the lane, the
        offset of the event log, and when they were written. If it is null, they are the build's.
        """
        deadline = Deadline(self._answers.seconds, NARROWER)
        with self._answers.report(name, build, page, deadline=deadline) as (opened, now):
            filters = Filters(where, since, until)
            return report_page(opened, name, filters, PageRequest(limit, page), now).document()

    def explain_metric(
        self,
        metric: str,
        *,
        where: Conditions = (),
        since: Since = None,
        until: Until = None,
        top: Annotated[int, Field(ge=1, le=_MAX_ROWS)] = 20,
        build: Build = None,
    ) -> dict[str, Any]:
        """What makes up a number: ledger entries by type, and the `top` largest documents.

        The parts sum to the number exactly. Only metrics with sums_book can be explained.
        """
        with self._rows_of(build) as opened:
            found = explain(opened, metric, where=where, since=since, until=until, top=top)
            return asdict(found)

    def list_entries(
        self,
        metric: str,
        *,
        where: Conditions = (),
        since: Since = None,
        until: Until = None,
        limit: Limit = 100,
        page: NextPage = None,
        build: Build = None,
    ) -> dict[str, Any]:
        """All ledger entries that make up a number; `value` is what each adds to it."""
        with self._rows_of(build, page) as opened:
            question = Question(metric, where, since, until)
            return entry_page(opened, question, PageRequest(limit, page)).document()

    def explain_document(
        self,
        document_id: Annotated[str, Field(description="The source's ID of an order or a refund.")],
        source: Annotated[
            str | None, Field(description="The source, if several use the ID.")
        ] = None,
        build: Build = None,
    ) -> dict[str, Any]:
        """What is behind an order or a refund: entries, order, lines, rates and payments.

        Large tables are cut; row_counts has the number of rows of each.
        """
        with self._answers.build(build) as opened:
            found = documents(opened, document_id, source)
            return {"build_id": opened.build_id, "documents": found}

    def compare_builds(
        self,
        older: Older = None,
        newer: Newer = None,
        largest: Annotated[
            int, Field(ge=0, le=100, description="How many changes of each metric to list.")
        ] = LARGEST,
    ) -> dict[str, Any]:
        """What was restated between two builds: causes, loads and the largest changes.

        Nothing was restated if figure_count is 0. list_differences has the figures.
        """
        differences = self._answers.differences
        pair = differences.chosen(older, newer)
        deadline = Deadline(self._answers.seconds, REMEDY)
        return asdict(differences.summary(pair, deadline, largest))

    def list_differences(
        self,
        part: Annotated[
            Part,
            Field(
                description="figures: each restated figure (metric, source, day), older and newer; "
                "changes: the contribution of each document to them."
            ),
        ] = "figures",
        *,
        older: Older = None,
        newer: Newer = None,
        limit: Limit = 100,
        page: NextPage = None,
    ) -> dict[str, Any]:
        """Rows of what was restated between two builds, with the older and the newer value."""
        differences = self._answers.differences
        pair = differences.chosen(older, newer, page)
        deadline = Deadline(self._answers.seconds, REMEDY)
        return differences.page(pair, part, PageRequest(limit, page), deadline).document()

    def data_status(self, build: Build = None) -> dict[str, Any]:
        """How recent the data are, by build, source, mart and report; and the builds kept."""
        with self._answers.build(build) as opened:
            return asdict(data_status(self._answers.settings, opened))
