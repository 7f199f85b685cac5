"""Answers for programs and assistants, each from one published build.

Names in a request select from what the build declares; conditions are only ever values.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from threading import Lock
from typing import Any

import duckdb

from storehouse.core.config import Settings
from storehouse.core.errors import BuildGone, ConfigError
from storehouse.serving.difference import Differences
from storehouse.serving.explain import ENTRY_COLUMNS, Question, entries_query
from storehouse.serving.explain_document import explain_document
from storehouse.serving.metrics import compiled, metrics
from storehouse.serving.pages import Cut, Page, build_of, page_of_query
from storehouse.serving.published import Published, kept_builds, published
from storehouse.serving.published_files import build_id_of, current_file
from storehouse.serving.reports import Column, report_query, report_shape
from storehouse.serving.where import Condition


@dataclass(frozen=True)
class Filters:
    """Conditions that all hold, and days, both included."""

    where: Sequence[Condition] = ()
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class DataStatus:
    """How new a build is, and how new each source, mart and report in it. Times are UTC."""

    build_id: str
    published_at: datetime
    sources: tuple[str, ...]
    loaded_until: datetime | None
    test_count: int
    kept_builds: tuple[str, ...]
    relations: tuple[dict[str, Any], ...]


class Answers:
    """Answers of a server; none takes longer than `seconds`."""

    def __init__(self, settings: Settings, seconds: float) -> None:
        self.settings, self.seconds = settings, seconds
        self.differences = Differences(settings, seconds)
        self._open = _OpenFiles(settings)

    @property
    def current(self) -> str | None:
        file = current_file(self.settings)
        return build_id_of(file) if file else None

    @contextmanager
    def build(self, build_id: str | None = None, token: str | None = None) -> Iterator[Published]:
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
        with published(self.settings, build_id, seconds=self.seconds) as build:
            self._open.keep(build)
            yield build

    def close(self) -> None:
        self._open.close()


def report_page(build: Published, name: str, filters: Filters, cut: Cut) -> Page:
    shape = report_shape(build, name)
    query = report_query(shape, where=filters.where, since=filters.since, until=filters.until)
    return page_of_query(build, query, ("report", shape.name, filters), cut, shape.columns)


def metric_page(
    build: Published, names: Sequence[str], by: Sequence[str], filters: Filters, cut: Cut
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
    return page_of_query(build, query, ("metric", *names, "by", *by, filters), cut, defined)


def entry_page(build: Published, question: Question, cut: Cut) -> Page:
    """The entries of the book that make up a metric."""
    columns = (*ENTRY_COLUMNS, "ledger_entry_key")  # two entries may have all else alike
    return page_of_query(build, entries_query(build, question, columns), question, cut, ())


def documents(
    build: Published, document_id: str, source: str | None = None
) -> list[dict[str, Any]]:
    """What is behind an order or a refund, as the published file has it."""
    return [
        {
            "source_name": found.source_name,
            "document_type": found.document_type,
            "document_id": found.document_id,
            **{name: table.records() for name, table in found.tables.items()},
        }
        for found in explain_document(build, document_id, source)
    ]


def data_status(settings: Settings, build: Published) -> DataStatus:
    shape = report_shape(build, "data_status")
    names = [column.name for column in shape.columns]
    relations = build.rows(f"{report_query(shape)} order by all")
    ((published_at, sources, test_count, loaded_until),) = build.rows(
        "select published_at, sources, test_count, (select max(loaded_at) from meta.watermarks) "
        "from meta.builds"
    )
    return DataStatus(
        build.build_id,
        published_at,
        tuple(sources.split(",")),
        loaded_until,
        test_count,
        tuple(kept_builds(settings)),
        tuple(dict(zip(names, row, strict=True)) for row in relations),
    )


class _OpenFiles:
    """A connection to each build in use: opening a file anew takes longer than most answers."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = Lock()
        self._kept: dict[str, duckdb.DuckDBPyConnection] = {}

    def keep(self, build: Published) -> None:
        if build.build_id in self._kept:
            return
        with self._lock:
            # A cursor would be closed with the connection that it is of.
            self._kept[build.build_id] = duckdb.connect(str(build.file), read_only=True)
            for gone in self._kept.keys() - {build.build_id, *kept_builds(self._settings)}:
                self._kept.pop(gone).close()

    def close(self) -> None:
        with self._lock:
            while self._kept:
                self._kept.popitem()[1].close()
