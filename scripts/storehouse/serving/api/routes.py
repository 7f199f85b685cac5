"""The routes; what they answer with is in `serving.answers`."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from storehouse.core.errors import PublishError
from storehouse.serving.answers import (
    Answers,
    DataStatus,
    data_status,
    documents,
    entry_page,
    metric_page,
    report_page,
)
from storehouse.serving.api.asked import (
    BuildAsked,
    Compared,
    ComparedPaged,
    DocumentAsked,
    ExplanationAsked,
    MetricAsked,
    Paged,
    RowsAsked,
)
from storehouse.serving.api.formats import ARROW, CSV, answered
from storehouse.serving.api.problems import responses
from storehouse.serving.api.shapes import Documents, Health, Metrics, Reports, Rows
from storehouse.serving.difference import Part, Summary
from storehouse.serving.explain import Explanation, Question, explain
from storehouse.serving.metrics import metrics
from storehouse.serving.published import Published
from storehouse.serving.reports import report_shapes
from storehouse.serving.where import split_names

ReportName = Annotated[str, Path(examples=["daily_sales"])]
MetricName = Annotated[str, Path(examples=["net_sales"])]

_PROBLEMS = responses(
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.GONE,
    HTTPStatus.MISDIRECTED_REQUEST,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
_UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "As in If-None-Match."}}
_ROWS: dict[int | str, dict[str, Any]] = {
    200: {
        "model": Rows,
        "content": {
            CSV: {"schema": {"type": "string"}},
            ARROW: {"schema": {"type": "string", "format": "binary"}},
        },
    }
}
router = APIRouter()
v1 = APIRouter(prefix="/v1", responses={**_PROBLEMS, **_UNCHANGED})


@v1.get("/reports", responses={200: {"model": Reports}})
def list_reports(request: Request, asked: Annotated[BuildAsked, Query()]) -> Response:
    """The reports and their columns."""
    return _of_build(request, asked, lambda build: Reports(build.build_id, [*report_shapes(build)]))


@v1.get("/reports/{name}", responses=_ROWS)
def report(request: Request, name: ReportName, asked: Annotated[RowsAsked, Query()]) -> Response:
    """The rows of a report, ordered by its columns."""
    return _of_build(
        request, asked, lambda build: report_page(build, name, asked.filters, asked.cut)
    )


@v1.get("/metrics", responses={200: {"model": Metrics}})
def list_metrics(request: Request, asked: Annotated[BuildAsked, Query()]) -> Response:
    """The metrics with their definitions, and what each can be asked by."""
    return _of_build(
        request,
        asked,
        lambda build: Metrics(build.build_id, build.currency_code, [*metrics(build)]),
    )


@v1.get("/metrics/{names}", responses=_ROWS)
def metric(request: Request, names: MetricName, asked: Annotated[MetricAsked, Query()]) -> Response:
    """One or several metrics, by commas, grouped by periods and dimensions."""
    by = split_names(asked.by)
    return _of_build(
        request,
        asked,
        lambda build: metric_page(build, split_names(names), by, asked.filters, asked.cut),
    )


@v1.get("/explain/{metric}", responses={200: {"model": Explanation}})
def explanation(
    request: Request, metric: MetricName, asked: Annotated[ExplanationAsked, Query()]
) -> Response:
    """What makes up a metric that sums the book: entries by type, and the largest documents."""
    return _of_build(
        request,
        asked,
        lambda build: explain(
            build,
            metric,
            where=asked.filters.where,
            since=asked.since,
            until=asked.until,
            top=asked.top,
        ),
    )


@v1.get("/explain/{metric}/entries", responses=_ROWS)
def entries(request: Request, metric: MetricName, asked: Annotated[RowsAsked, Query()]) -> Response:
    """All entries of the book that make up a metric; `value` is what each adds to it."""
    question = Question(metric, asked.filters.where, asked.since, asked.until)
    return _of_build(request, asked, lambda build: entry_page(build, question, asked.cut))


@v1.get("/documents", responses={200: {"model": Documents}})
def document(request: Request, asked: Annotated[DocumentAsked, Query()]) -> Response:
    """What is behind an order or a refund: entries, order, lines, rates and payments."""
    return _of_build(
        request,
        asked,
        lambda build: Documents(build.build_id, documents(build, asked.document_id, asked.source)),
    )


@v1.get("/diff", responses={200: {"model": Summary}})
def difference(request: Request, asked: Annotated[Compared, Query()]) -> Response:
    """What was restated between two builds, why, and by which documents most."""
    found = _answers(request).differences
    pair = found.chosen(asked.older, asked.newer)
    return answered(request, "-".join(pair), lambda: found.summary(pair))


@v1.get("/diff/{part}", responses=_ROWS)
def difference_rows(
    request: Request, part: Part, asked: Annotated[ComparedPaged, Query()]
) -> Response:
    """All figures that were restated, or all changes, each with its cause and document."""
    found = _answers(request).differences
    pair = found.chosen(asked.older, asked.newer, asked.page)
    return answered(
        request, "-".join(pair), lambda: found.page(pair, part, asked.cut), asked.format
    )


@v1.get("/data-status", responses={200: {"model": DataStatus}})
def status(request: Request, asked: Annotated[BuildAsked, Query()]) -> Response:
    """How new the build and each source, mart and report in it are; which builds are kept."""
    settings = _answers(request).settings
    return _of_build(request, asked, lambda build: data_status(settings, build))


@router.get(
    "/healthz", responses={200: {"model": Health}, **responses(HTTPStatus.SERVICE_UNAVAILABLE)}
)
async def health(request: Request) -> Health:
    """Whether a build is published; needs no key, and never waits for other answers."""
    build_id = _answers(request).current
    if build_id is None:
        raise PublishError("Nothing is published yet. Run `storehouse run` first.")
    return Health("ok", build_id)


@router.get("/metrics", include_in_schema=False)
def exposition(request: Request) -> Response:
    said = request.app.state.monitor.exposition(_answers(request))
    return Response(said, media_type=CONTENT_TYPE_LATEST)


router.include_router(v1)


def _answers(request: Request) -> Answers:
    found: Answers = request.app.state.answers
    return found


def _of_build(request: Request, asked: BuildAsked, ask: Callable[[Published], Any]) -> Response:
    """The answer of the build that is asked for."""
    page, form = (asked.page, asked.format) if isinstance(asked, Paged) else (None, "json")
    with _answers(request).build(asked.build, page) as build:
        return answered(request, build.build_id, lambda: ask(build), form)
