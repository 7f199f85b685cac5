"""Differences between builds for servers: computed once, as a summary and in pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from threading import Lock
from typing import Literal, get_args, get_type_hints

import pyarrow as pa

from storehouse.core.config import Settings
from storehouse.core.errors import AnswerTimeout
from storehouse.serving.diff import (
    CauseTotal,
    Change,
    Difference,
    DimensionChange,
    Figure,
    Load,
    NewDays,
    chosen_builds,
    diff,
)
from storehouse.serving.diff_causes import CAUSES
from storehouse.serving.metrics import metrics
from storehouse.serving.pages import Cut, Page, build_of, page_of_rows
from storehouse.serving.published import published

Part = Literal["figures", "changes", "causes", "loads", "new_days", "dimension_changes"]
_ROWS: dict[Part, type] = {
    "figures": Figure,
    "changes": Change,
    "causes": CauseTotal,
    "loads": Load,
    "new_days": NewDays,
    "dimension_changes": DimensionChange,
}
_TYPES = {
    str: pa.string(),
    int: pa.int64(),
    date: pa.date32(),
    datetime: pa.timestamp("us"),
    Decimal: pa.decimal128(38, 4),
}
_REMEMBERED = 3
_LARGEST = 20


@dataclass(frozen=True)
class Summary:
    """What was restated between two builds: nothing where `figure_count` is 0.

    `definitions` are those of the metrics named; `largest_changes` those of `change_count` that
    moved a figure most. `code_changed` and `settings_changed` are null where it is not known.
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
    """Builds never change, so the difference of two is computed once and cached."""

    def __init__(self, settings: Settings, seconds: float) -> None:
        self._settings, self._seconds = settings, seconds
        self._lock = Lock()
        self._found = lru_cache(_REMEMBERED)(self._compare)

    def chosen(
        self, older: str | None, newer: str | None, token: str | None = None
    ) -> tuple[str, str]:
        """The builds that are named, else those of a page token, else the last two."""
        if token is not None and older is None and newer is None:
            older, _, newer = build_of(token).partition("-")
        return chosen_builds(self._settings, older, newer)

    def summary(self, pair: tuple[str, str], largest: int = _LARGEST) -> Summary:
        found = self._between(*pair)
        by_size = sorted(found.changes, key=lambda one: -abs(one.difference or Decimal()))
        return Summary(
            *pair,
            found.currency_code,
            found.code_changed,
            found.settings_changed,
            len(found.figures),
            len(found.changes),
            len(found.dimension_changes),
            found.causes,
            {one.cause: CAUSES[one.cause] for one in found.causes},
            self._definitions(pair[1], found),
            found.loads,
            found.new_days,
            by_size[:largest],
        )

    def _definitions(self, build_id: str, found: Difference) -> dict[str, str]:
        named = {one.metric for one in found.causes} | {one.metric for one in found.new_days}
        with published(self._settings, build_id) as build:
            return {one.name: one.description for one in metrics(build) if one.name in named}

    def page(self, pair: tuple[str, str], part: Part, cut: Cut) -> Page:
        found, builds = self._between(*pair), "-".join(pair)
        schema = pa.schema(
            (name, _TYPES[(get_args(hint) or (hint,))[0]])  # of `str | None` the first
            for name, hint in get_type_hints(_ROWS[part]).items()
        )
        rows = getattr(found, part)
        return page_of_rows(builds, found.currency_code, rows, schema, question=part, cut=cut)

    def _between(self, older: str, newer: str) -> Difference:
        # Concurrent requests wait for one computation instead of repeating it.
        if not self._lock.acquire(timeout=self._seconds):
            raise AnswerTimeout(
                "Another comparison of builds is still running after the time limit of "
                f"{self._seconds:g} s. Try again later."
            )
        try:
            return self._found(older, newer)
        finally:
            self._lock.release()

    def _compare(self, older: str, newer: str) -> Difference:
        return diff(self._settings, older, newer, seconds=self._seconds)
