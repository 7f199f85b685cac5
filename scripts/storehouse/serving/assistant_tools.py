"""The tools of assistants: what each answers is that of the API.

The docstring of a tool and the descriptions of its arguments are what a model reads.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from pydantic import Field

from storehouse.serving.answers import (
    Answers,
    Filters,
    data_status,
    documents,
    entry_page,
    metric_page,
    report_page,
)
from storehouse.serving.api.asked import Conditions, Day
from storehouse.serving.explain import Question, explain
from storehouse.serving.metrics import known_or_refused, metrics
from storehouse.serving.pages import Cut
from storehouse.serving.reports import report_shape, report_shapes

_MOST_ROWS = 1_000

Since = Annotated[Day | None, Field(description="The first day that counts, as 2025-12-01.")]
Until = Annotated[Day | None, Field(description="The last day that counts, as 2025-12-31.")]
Build = Annotated[str | None, Field(description="A build that is kept; default: the current one.")]
Limit = Annotated[int, Field(ge=1, le=_MOST_ROWS, description="Rows of a page.")]
NextPage = Annotated[
    str | None, Field(description="`next_page` of the answer before, with all else the same.")
]


class Tools:
    def __init__(self, answers: Answers) -> None:
        self._answers = answers

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
        names: Annotated[list[str], Field(description="As net_sales, orders.")],
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
        """Values of metrics, in total or grouped. A group without anything has no row."""
        with self._answers.build(build, page) as opened:
            filters = Filters(where, since, until)
            return metric_page(opened, names, by, filters, Cut(limit, page)).document()

    def list_reports(self, build: Build = None) -> dict[str, Any]:
        """The reports; each description ends with what one row is."""
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
        """Rows of a report; conditions are on its columns."""
        with self._answers.build(build, page) as opened:
            filters = Filters(where, since, until)
            return report_page(opened, name, filters, Cut(limit, page)).document()

    def explain_metric(
        self,
        metric: str,
        *,
        where: Conditions = (),
        since: Since = None,
        until: Until = None,
        top: Annotated[int, Field(ge=1, le=_MOST_ROWS)] = 20,
        build: Build = None,
    ) -> dict[str, Any]:
        """What makes up a number: entries of the book by type, and the `top` largest documents.

        The parts sum to the number exactly. Only metrics with sums_book can be explained.
        """
        with self._answers.build(build) as opened:
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
        """All entries of the book that make up a number; `value` is what each adds to it."""
        with self._answers.build(build, page) as opened:
            question = Question(metric, where, since, until)
            return entry_page(opened, question, Cut(limit, page)).document()

    def explain_document(
        self,
        document_id: Annotated[str, Field(description="The source's ID of an order or a refund.")],
        source: Annotated[
            str | None, Field(description="Which source, if several use the ID.")
        ] = None,
        build: Build = None,
    ) -> dict[str, Any]:
        """What is behind an order or a refund: entries, order, lines, rates and payments."""
        with self._answers.build(build) as opened:
            found = documents(opened, document_id, source)
            return {"build_id": opened.build_id, "documents": found}

    def compare_builds(
        self,
        older: Annotated[
            str | None, Field(description="A kept build; default: the last but one.")
        ] = None,
        newer: Annotated[str | None, Field(description="Default: the last build.")] = None,
        largest: Annotated[int, Field(ge=0, le=_MOST_ROWS)] = 20,
    ) -> dict[str, Any]:
        """Which figures of past days were restated between two builds, and what caused it.

        Nothing was restated where figure_count is 0.
        """
        differences = self._answers.differences
        return asdict(differences.summary(differences.chosen(older, newer), largest))

    def data_status(self, build: Build = None) -> dict[str, Any]:
        """How new the data are: by build, source, mart and report; and which builds are kept."""
        with self._answers.build(build) as opened:
            return asdict(data_status(self._answers.settings, opened))
