"""The routes of the API; `serving.answers` has what they return."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from storehouse.core.errors import PublishError
from storehouse.serving.answers import (
    NARROWER,
    Answers,
    DataStatus,
    data_status,
    documents,
    entry_page,
    metric_page,
    report_page,
)
from storehouse.serving.api import examples
from storehouse.serving.api.formats import ARROW, CSV, Format, respond
from storehouse.serving.api.parameters import (
    BuildQuery,
    DiffQuery,
    DiffRowsQuery,
    DocumentQuery,
    ExplainQuery,
    MetricQuery,
    PageQuery,
    RowsQuery,
)
from storehouse.serving.api.problems import responses
from storehouse.serving.api.shapes import Document, Documents, Health, Metrics, Reports, Rows
from storehouse.serving.difference import REMEDY, Part, Summary
from storehouse.serving.explain import Explanation, Question, explain
from storehouse.serving.metrics import metrics
from storehouse.serving.now_files import states
from storehouse.serving.published import Deadline, Published, kept_builds
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
_UNCHANGED: dict[int | str, dict[str, Any]] = {
    304: {"description": "The client has the response (If-None-Match)."}
}


def _json(model: type, example: dict[str, Any]) -> dict[int | str, dict[str, Any]]:
    """How OpenAPI describes a response of 200."""
    return {200: {"model": model, "content": {"application/json": {"example": example}}}}


_ROWS = _json(Rows, examples.ROWS)
_ROWS[200]["content"] |= {
    CSV: {"schema": {"type": "string"}, "example": examples.CSV_ROWS},
    ARROW: {"schema": {"type": "string", "format": "binary"}},
}
router = APIRouter()
v1 = APIRouter(prefix="/v1", responses={**_PROBLEMS, **_UNCHANGED})


@v1.get("/reports", responses=_json(Reports, examples.REPORTS))
def list_reports(request: Request, query: Annotated[BuildQuery, Query()]) -> Response:
    """The reports and their columns."""
    return _of_build(request, query, lambda build: Reports(build.build_id, [*report_shapes(build)]))


@v1.get("/reports/{name}", responses=_ROWS)
def report(request: Request, name: ReportName, query: Annotated[RowsQuery, Query()]) -> Response:
    """The rows of a report, ordered by its columns. `now` says what those of live rest on."""
    deadline = _deadline(request, NARROWER)
    with _answers(request).report(name, query.build, query.page, deadline=deadline) as (build, now):
        return respond(
            request,
            now.build_id if now else build.build_id,
            lambda: report_page(build, name, query.filters, query.paging, now),
            query.format,
            depends_on=now.state if now else None,
        )


@v1.get("/metrics", responses=_json(Metrics, examples.METRICS))
def list_metrics(request: Request, query: Annotated[BuildQuery, Query()]) -> Response:
    """The metrics with their definitions and dimensions."""
    return _of_build(
        request,
        query,
        lambda build: Metrics(build.build_id, build.currency_code, [*metrics(build)]),
    )


@v1.get("/metrics/{names}", responses=_ROWS)
def metric(request: Request, names: MetricName, query: Annotated[MetricQuery, Query()]) -> Response:
    """One or several metrics, by commas, grouped by periods and dimensions."""
    by = split_names(query.by)
    return _of_build(
        request,
        query,
        lambda build: metric_page(build, split_names(names), by, query.filters, query.paging),
        remedy=NARROWER,
    )


@v1.get("/explain/{metric}", responses=_json(Explanation, examples.EXPLANATION))
def explanation(
    request: Request, metric: MetricName, query: Annotated[ExplainQuery, Query()]
) -> Response:
    """What makes up a metric that sums the ledger: entries by type, and the largest documents."""
    return _of_build(
        request,
        query,
        lambda build: explain(
            build,
            metric,
            where=query.filters.where,
            since=query.since,
            until=query.until,
            top=query.top,
        ),
        remedy="Ask for fewer days.",
    )


@v1.get("/explain/{metric}/entries", responses=_ROWS)
def entries(request: Request, metric: MetricName, query: Annotated[RowsQuery, Query()]) -> Response:
    """All entries of the ledger that make up a metric; `value` is what each adds to it."""
    question = Question(metric, query.filters.where, query.since, query.until)
    return _of_build(
        request,
        query,
        lambda build: entry_page(build, question, query.paging),
        remedy=NARROWER,
    )


@v1.get("/documents", responses=_json(Documents, examples.DOCUMENTS))
def document(request: Request, query: Annotated[DocumentQuery, Query()]) -> Response:
    """What is behind an order or a refund: entries, order, lines, rates and payments."""
    return _of_build(
        request,
        query,
        lambda build: Documents(
            build.build_id,
            [Document(**one) for one in documents(build, query.document_id, query.source)],
        ),
    )


@v1.get("/diff", responses=_json(Summary, examples.SUMMARY))
def difference(request: Request, query: Annotated[DiffQuery, Query()]) -> Response:
    """What was restated between two builds, why, and by which documents most."""
    found = _answers(request).differences
    pair = found.chosen(query.older, query.newer)
    deadline = _deadline(request, REMEDY)
    return respond(request, "-".join(pair), lambda: found.summary(pair, deadline))


@v1.get("/diff/{part}", responses=_ROWS)
def difference_rows(
    request: Request, part: Part, query: Annotated[DiffRowsQuery, Query()]
) -> Response:
    """All figures that were restated, or all changes, each with its cause and document."""
    found = _answers(request).differences
    pair = found.chosen(query.older, query.newer, query.page)
    deadline = _deadline(request, REMEDY)
    return respond(
        request,
        "-".join(pair),
        lambda: found.page(pair, part, query.paging, deadline),
        query.format,
    )


@v1.get("/data-status", responses=_json(DataStatus, examples.DATA_STATUS))
def status(request: Request, query: Annotated[BuildQuery, Query()]) -> Response:
    """How recent the build and each source, mart and report in it are; which builds are kept."""
    settings = _answers(request).settings
    return _of_build(
        request,
        query,
        lambda build: data_status(settings, build),
        depends_on=(kept_builds(settings), states(settings)),
    )


@router.get(
    "/healthz",
    responses={
        **_json(Health, examples.HEALTH),
        **responses(HTTPStatus.SERVICE_UNAVAILABLE),
    },
)
async def health(request: Request) -> Health:
    """Whether a build is published; needs no key, and never waits for other requests."""
    build_id = _answers(request).current
    if build_id is None:
        raise PublishError("Nothing is published yet. Run `storehouse run` first.")
    return Health("ok", build_id)


@router.get("/metrics", include_in_schema=False)
def exposition(request: Request) -> Response:
    text = request.app.state.monitor.exposition(_answers(request))
    return Response(text, media_type=CONTENT_TYPE_LATEST)


router.include_router(v1)


def _answers(request: Request) -> Answers:
    found: Answers = request.app.state.answers
    return found


def _deadline(request: Request, remedy: str | None = None) -> Deadline:
    """The time limit counts from when the request arrived, so it includes queueing."""
    return Deadline(
        _answers(request).seconds,
        remedy or Deadline.remedy,
        request.scope["storehouse.arrived"],
    )


def _of_build(
    request: Request,
    query: BuildQuery,
    answer: Callable[[Published], Any],
    *,
    remedy: str | None = None,
    depends_on: object = None,
) -> Response:
    """The response of the build that the request selects."""
    page: str | None = None
    form: Format = "json"
    if isinstance(query, PageQuery):
        page, form = query.page, query.format
    deadline = _deadline(request, remedy)
    with _answers(request).build(query.build, page, deadline=deadline) as build:
        return respond(request, build.build_id, lambda: answer(build), form, depends_on=depends_on)
