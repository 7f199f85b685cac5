"""Differences between builds for servers: computed once, as a summary and in pages."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import Literal

import duckdb

from storehouse.core.config import Settings
from storehouse.core.errors import AnswerTimeout, BuildGone, ConfigError
from storehouse.serving.diff import (
    CauseTotal,
    Change,
    Load,
    NewDays,
    chosen_builds,
    compare,
    results,
)
from storehouse.serving.diff_causes import CAUSES
from storehouse.serving.metrics import metrics
from storehouse.serving.pages import Page, PageRequest, build_of, page_of_query
from storehouse.serving.published import Deadline, kept_builds, limited, published, refuse_gone
from storehouse.serving.reports import Column

Part = Literal["figures", "changes", "causes", "loads", "new_days", "dimension_changes"]
Pair = tuple[str, str]
LARGEST = 5
REMEDY = "Start the server with a larger --timeout, or run `storehouse diff`, which has no limit."
_CACHED_PAIRS = 3
# Requests that compute a comparison or wait for one; the server's other threads stay free.
_MAX_WAITING = 2 * (os.cpu_count() or 1)
_DESCRIPTIONS = {
    "metric": "The metric.",
    "source_name": "The source system.",
    "day": "The business day, in the shop's time zone.",
    "older": "The value in the older build; null where it is unknown.",
    "newer": "The value in the newer build; null where it is unknown.",
    "difference": "Newer less older; null where one of them is unknown.",
    "cause": f"What changed: {'; '.join(f'{name}: {text}' for name, text in CAUSES.items())}.",
    "document_type": "The type of the document; null where the cause has none.",
    "document_id": "The source's ID of the document; null where the cause has none.",
    "loaded_at": "When the load that caused it was made, in UTC; null where no load did.",
    "documents": "The number of documents.",
    "batch_id": "The ID of the load.",
    "tables": "The tables that were loaded; null where the build does not list them.",
    "first_day": "The first day.",
    "last_day": "The last day.",
    "value": "The value on these days in the newer build; null where it is unknown.",
    "kind": "What kind of member: product, customer, order or refund.",
    "identifier": "The source's ID of the member.",
    "column": "The column by which reports now group it differently.",
}


@dataclass(frozen=True)
class Summary:
    """What was restated between two builds: nothing where `figure_count` is 0.

    `definitions` are those of the metrics named. `largest_changes` are the largest of
    `change_count`, by metric; those of unknown size come first. `code_changed` and
    `settings_changed` are null where it is not known.
    """

    older_build_id: str
    newer_build_id: str
    currency_code: str
    code_changed: bool | None
    settings_changed: Sequence[str] | None
    figure_count: int
    change_count: int
    dimension_change_count: int
    causes: Sequence[CauseTotal]
    cause_meanings: dict[str, str]
    definitions: dict[str, str]
    loads: Sequence[Load]
    new_days: Sequence[NewDays]
    largest_changes: Sequence[Change]


class Differences:
    """Comparisons of builds; a build never changes, so each is computed once and cached."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = Lock()
        self._found: dict[Pair, Future[_Compared]] = {}
        self._waiting = BoundedSemaphore(_MAX_WAITING)

    def chosen(self, older: str | None, newer: str | None, token: str | None = None) -> Pair:
        """The builds of a page token, else those that are named, else the last two.

        Raises BuildGone for one that is not kept.
        """
        kept = kept_builds(self._settings)
        if token is None:
            pair = chosen_builds(self._settings, older, newer)
            refuse_gone(kept, *pair)
            return pair
        first, _, second = build_of(token).partition("-")
        if not second or older not in (None, first) or newer not in (None, second):
            raise ConfigError(
                "This page token belongs to another request or other builds. Leave out older and "
                "newer, or start again without a page token."
            )
        if not {first, second} <= {*kept}:
            raise BuildGone(
                f"Builds {first} and {second}, to which this page token belongs, are no longer "
                "both kept. Start again without a page token."
            )
        return first, second

    def summary(self, pair: Pair, deadline: Deadline, largest: int = LARGEST) -> Summary:
        """With the `largest` changes of each metric."""
        compared = self._between(pair, deadline)
        with compared.cursor(deadline) as con:
            figures, changes, dimension_changes = (
                con.sql(f"from results.{part}").count("*").fetchall()[0][0]
                for part in ("figures", "changes", "dimension_changes")
            )
            causes = results(con, CauseTotal, "causes")
            loads, new_days = results(con, Load, "loads"), results(con, NewDays, "new_days")
            largest_changes = con.execute(
                "select * from results.changes qualify row_number() over (partition by metric "
                "order by abs(difference) desc nulls first, changes) <= ? "
                "order by metric, abs(difference) desc nulls first, changes",
                [largest],
            ).fetchall()
        named = {one.metric for one in causes} | {one.metric for one in new_days}
        with published(self._settings, pair[1], deadline=deadline) as build:
            definitions = {one.name: one.description for one in metrics(build) if one.name in named}
        found = compared.comparison
        return Summary(
            *pair,
            found.currency_code,
            found.code_changed,
            found.settings_changed,
            figures,
            changes,
            dimension_changes,
            causes,
            {one.cause: CAUSES[one.cause] for one in causes},
            definitions,
            loads,
            new_days,
            [Change(*row) for row in largest_changes],
        )

    def page(self, pair: Pair, part: Part, paging: PageRequest, deadline: Deadline) -> Page:
        compared = self._between(pair, deadline)
        with compared.cursor(deadline) as con:
            source = _Source("-".join(pair), compared.comparison.currency_code, con)
            described = [Column(name, "", text) for name, text in _DESCRIPTIONS.items()]
            return page_of_query(source, f"from results.{part}", part, paging, described)

    def _between(self, pair: Pair, deadline: Deadline) -> _Compared:
        """The comparison: one request computes it, others of the same builds wait for it."""
        found = self._found.get(pair)
        if found is not None and found.done():
            return found.result()
        if not self._waiting.acquire(blocking=False):
            raise AnswerTimeout("Too many comparisons of builds are running. Try again later.")
        try:
            with self._lock:
                found = self._found.get(pair)
                is_first = found is None
                if found is None:
                    found = self._found[pair] = Future()
            if is_first:
                self._compute(pair, found, deadline)
            return found.result(deadline.left)
        except TimeoutError as error:
            raise deadline.exceeded() from error
        finally:
            self._waiting.release()

    def _compute(self, pair: Pair, found: Future[_Compared], deadline: Deadline) -> None:
        try:
            compared = _Compared(self._settings, pair, deadline)
        except BaseException as error:  # noqa: BLE001  raised by `result`
            with self._lock:
                del self._found[pair]  # the next request tries again
            found.set_exception(error)
            return
        found.set_result(compared)
        kept = {*kept_builds(self._settings)}
        with self._lock:
            done = [one for one in self._found if self._found[one].done() and one != pair]
            gone = [one for one in done if not {*one} <= kept]
            for one in {*gone, *done[: len(done) - _CACHED_PAIRS + 1]}:
                del self._found[one]


class _Compared:
    """The tables of a comparison, in a temporary file that lasts as long as this object."""

    def __init__(self, settings: Settings, pair: Pair, deadline: Deadline) -> None:
        folder = tempfile.mkdtemp(prefix="storehouse-diff-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self._con = duckdb.connect(str(Path(folder) / "comparison.duckdb"))
        self.comparison = compare(self._con, settings, *pair, deadline)

    @contextmanager
    def cursor(self, deadline: Deadline) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._con.cursor() as con, limited(con, deadline):
            yield con


@dataclass(frozen=True)
class _Source:
    """The results of a comparison as pages read them."""

    build_id: str
    currency_code: str
    con: duckdb.DuckDBPyConnection
