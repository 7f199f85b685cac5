"""Answers for programs and assistants, each from one published build.

Names in a request select from what the build declares; conditions are only ever values.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from threading import Lock
from typing import Any

import duckdb
from anyio.to_thread import current_default_thread_limiter

from storehouse.core.config import Settings
from storehouse.core.errors import BuildGone, ConfigError, StorehouseError
from storehouse.serving.difference import Differences
from storehouse.serving.explain import ENTRY_COLUMNS, Question, entries_query
from storehouse.serving.explain_document import explain_document
from storehouse.serving.metrics import BOOK, compiled, metrics
from storehouse.serving.now_files import NowFile, NowState, now_file, states
from storehouse.serving.pages import Page, PageRequest, build_of, page_of_query
from storehouse.serving.published import Deadline, Published, kept_builds, published
from storehouse.serving.published_files import build_id_of, current_file
from storehouse.serving.reports import Column, columns_of, report_query, report_shape
from storehouse.serving.where import Condition

# DuckDB uses all cores for one query; more requests at once would only be slower.
MAX_THREADS = 4 * (os.cpu_count() or 1)
MAX_DOCUMENT_ROWS = 1_000
# Remedies of a deadline: what makes an answer quicker.
NARROWER = (
    "Ask for fewer days or dimensions. A smaller page takes as long, since each page runs the "
    "whole query."
)


@dataclass(frozen=True)
class Filters:
    """Conditions, all of which must hold, and a range of days, both included."""

    where: Sequence[Condition] = ()
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class DataStatus:
    """How recent a build is, and each source, mart and report in it. Times are UTC.

    `now` has the lanes of live.
    """

    build_id: str
    published_at: datetime
    sources: tuple[str, ...]
    loaded_until: datetime | None
    test_count: int
    kept_builds: tuple[str, ...]
    now: tuple[NowState, ...]
    relations: tuple[dict[str, Any], ...]


class Answers:
    """Answers of a server; a request takes at most `seconds`."""

    def __init__(self, settings: Settings, seconds: float) -> None:
        self.settings, self.seconds = settings, seconds
        self.differences = Differences(settings)
        self._open = _OpenFiles(settings)

    @property
    def current(self) -> str | None:
        file = current_file(self.settings)
        return build_id_of(file) if file else None

    @contextmanager
    def build(
        self,
        build_id: str | None = None,
        token: str | None = None,
        *,
        deadline: Deadline | None = None,
    ) -> Iterator[Published]:
        """The build of a page token, else the one that is named, else the current one.

        Raises BuildGone for one that is no longer kept.
        """
        if token is not None:
            of_token = build_of(token)
            if build_id not in (None, of_token):
                raise ConfigError(f"The page token belongs to build {of_token}, not to {build_id}.")
            if of_token not in kept_builds(self.settings):
                raise BuildGone(
                    f"Build {of_token}, to which this page token belongs, is no longer kept. "
                    "Start again without a page token."
                )
            build_id = of_token
        with published(
            self.settings, build_id, deadline=deadline or Deadline(self.seconds)
        ) as build:
            self._open.keep(build)
            yield build

    @contextmanager
    def report(
        self,
        name: str,
        build_id: str | None = None,
        token: str | None = None,
        *,
        deadline: Deadline | None = None,
    ) -> Iterator[tuple[Published, NowFile | None]]:
        """The build as above, and the file of live that answers for it, if the report is of now.

        A build that is named answers itself. Raises BuildGone if live has replaced the file that
        a page token belongs to.
        """
        deadline = deadline or Deadline(self.seconds)
        snapshot = build_of(token) if token else None
        of_now = snapshot is not None and "@" in snapshot
        with self.build(build_id, None if of_now else token, deadline=deadline) as build:
            if not of_now and (build_id or token):
                yield build, None
                return
            with now_file(self.settings, build, name, deadline=deadline) as found:
                if of_now and (build_id or found is None or found.snapshot != snapshot):
                    raise BuildGone(
                        "This page token belongs to figures of now that have been replaced. Start "
                        "again without a page token, with a limit that takes all rows."
                    )
                yield build, found

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """What a server does before its first request and after its last."""
        with suppress(StorehouseError), published(self.settings) as build:
            metrics(build)  # reading the definitions takes seconds the first time
        current_default_thread_limiter().total_tokens = MAX_THREADS
        try:
            yield
        finally:
            self.close()

    def close(self) -> None:
        self._open.close()


def report_page(
    build: Published,
    name: str,
    filters: Filters,
    paging: PageRequest,
    now: NowFile | None = None,
) -> Page:
    """Rows of a report of the build, or of the file of live in its place."""
    shape = report_shape(build, name)
    query = report_query(shape, where=filters.where, since=filters.since, until=filters.until)
    request = ("report", shape.name, filters)
    if now is None:
        return page_of_query(build, query, request, paging, shape.columns)
    page = page_of_query(now, query, request, paging, shape.columns, snapshot=now.snapshot)
    return replace(page, now=now.state)


def metric_page(
    build: Published, names: Sequence[str], by: Sequence[str], filters: Filters, paging: PageRequest
) -> Page:
    """The metrics by their dimensions; its columns carry the metrics' definitions."""
    query = compiled(
        build, names, by=by, where=filters.where, since=filters.since, until=filters.until
    )
    defined = [
        Column(one.name, "", one.description, one.unit)
        for one in metrics(build)
        if one.name in names
    ]
    return page_of_query(build, query, ("metric", *names, "by", *by, filters), paging, defined)


def entry_page(build: Published, question: Question, paging: PageRequest) -> Page:
    """The entries of the ledger that make up a metric; `value` is defined as the metric is."""
    columns = (*ENTRY_COLUMNS, "ledger_entry_key")  # two entries may have all else alike
    query = entries_query(build, question, columns)
    defined = [
        Column("value", "", one.description, one.unit)
        for one in metrics(build)
        if one.name == question.metric
    ]
    described = [*columns_of(build, "marts", BOOK), *defined]
    return page_of_query(build, query, question, paging, described)


def documents(
    build: Published, document_id: str, source: str | None = None
) -> list[dict[str, Any]]:
    """What is behind an order or a refund, as the published file has it.

    Each table has at most MAX_DOCUMENT_ROWS of the rows that `row_counts` says it has.
    """
    return [
        {
            "source_name": found.source_name,
            "document_type": found.document_type,
            "document_id": found.document_id,
            "row_counts": {name: table.row_count for name, table in found.tables.items()},
            **{name: table.records() for name, table in found.tables.items()},
        }
        for found in explain_document(build, document_id, source, limit=MAX_DOCUMENT_ROWS)
    ]


def freshness(build: Published) -> tuple[datetime, datetime | None]:
    """When the build was published, and the time of the newest load in it."""
    ((published_at, loaded_until),) = build.rows(
        "select published_at, (select max(loaded_at) from meta.watermarks) from meta.builds"
    )
    return published_at, loaded_until


def data_status(settings: Settings, build: Published) -> DataStatus:
    shape = report_shape(build, "data_status")
    names = [column.name for column in shape.columns]
    relations = build.rows(f"{report_query(shape)} order by all")
    published_at, loaded_until = freshness(build)
    ((sources, test_count),) = build.rows("select sources, test_count from meta.builds")
    return DataStatus(
        build.build_id,
        published_at,
        tuple(sources.split(",")),
        loaded_until,
        test_count,
        tuple(kept_builds(settings)),
        states(settings),
        tuple(dict(zip(names, row, strict=True)) for row in relations),
    )


class _OpenFiles:
    """A connection to each build in use: reopening a file takes longer than most queries."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = Lock()
        self._kept: dict[str, duckdb.DuckDBPyConnection] = {}

    def keep(self, build: Published) -> None:
        """Keep a build open, and close those that have been removed."""
        with self._lock:
            if build.build_id not in self._kept:
                # A cursor would be closed with the connection that it is of.
                self._kept[build.build_id] = duckdb.connect(str(build.file), read_only=True)
            for gone in self._kept.keys() - {build.build_id, *kept_builds(self._settings)}:
                self._kept.pop(gone).close()

    def close(self) -> None:
        with self._lock:
            while self._kept:
                self._kept.popitem()[1].close()
