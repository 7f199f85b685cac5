"""The incremental filter: what is sent, and whether the server heeded it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from storehouse.declarations.entry import Entry
from storehouse.declarations.moments import utc_moment
from storehouse.declarations.tables import Table
from storehouse.sources.rest.requests import check_columns

_FORMATS = ("iso", "date", "unix", "unix_ms")
_UNIX = {"unix": 1, "unix_ms": 1000}


@dataclass(frozen=True)
class Incremental:
    """`column` has the moment of a record's change; `template` may hold {since} and {until}."""

    column: str
    since: str | None
    until: str | None
    template: tuple[str, str] | None
    format: str
    overlap: timedelta
    start: datetime | None
    window: timedelta | None


@dataclass(frozen=True)
class Filter:
    """Records that changed from `since` on and before `until`; None is no bound."""

    declared: Incremental
    since: datetime | None
    until: datetime | None

    def arguments(self) -> dict[str, str | int]:
        said = self.declared
        since = self._written(self.since, up=False) if self.since else None
        until = self._written(self.until, up=True) if self.until else None
        arguments: dict[str, str | int] = {}
        if said.since and since is not None:
            arguments[said.since] = since
        if said.until and until is not None:
            arguments[said.until] = until
        if said.template and since is not None:
            name, template = said.template
            # Other braces are the API's own: filters may be JSON.
            said_until = "" if until is None else str(until)
            arguments[name] = template.replace("{since}", str(since)).replace("{until}", said_until)
        return arguments

    def outside(self, values: Iterable[str | None]) -> int:
        """How many of the moments lie outside; one that can't be read does."""
        if self.since is None and self.until is None:
            return 0
        earliest, latest = self._bounds()
        count = 0
        for value in values:
            moment = self._read(value)
            count += moment is None or not earliest <= moment <= latest
        return count

    def _bounds(self) -> tuple[datetime, datetime]:
        """What may come, given how coarsely the moments were sent."""
        earliest = self.since or datetime.min.replace(tzinfo=UTC)
        latest = datetime.max.replace(tzinfo=UTC)
        if self.until and (self.declared.until or self.declared.template):
            latest = self.until + timedelta(seconds=1)
        if self.declared.format == "date":
            earliest = earliest.replace(hour=0, minute=0, second=0, microsecond=0)
            if self.until:
                latest += timedelta(days=1)
        return earliest.replace(microsecond=0), latest

    def _written(self, moment: datetime, *, up: bool) -> str | int:
        if self.declared.format == "date":
            return f"{moment:%Y-%m-%d}"
        factor = _UNIX.get(self.declared.format)
        if factor:
            exact = moment.timestamp() * factor
            return math.ceil(exact) if up else math.floor(exact)
        if up and moment.microsecond:
            moment += timedelta(seconds=1)
        return f"{moment:%Y-%m-%dT%H:%M:%SZ}"

    def _read(self, value: str | None) -> datetime | None:
        factor = _UNIX.get(self.declared.format)
        if value is None:
            return None
        if not factor:
            return utc_moment(value)
        try:
            return datetime.fromtimestamp(float(value) / factor, UTC)
        except (ValueError, OverflowError, OSError):
            return None


def read_incremental(entry: Entry, table: Table) -> Incremental | None:
    if not entry.values:
        return None
    entry.only(
        "cursor", "since_param", "until_param", "filter_param", "filter", "format",
        "overlap_minutes", "start", "window_hours",
    )  # fmt: skip
    column = entry.text("cursor")
    check_columns(entry, "cursor", (column,), table)
    if ("filter_param" in entry.values) != ("filter" in entry.values):
        raise entry.error("filter", "and filter_param go together", "give both or none")
    if "since_param" not in entry.values and "filter" not in entry.values:
        raise entry.error("since_param", "is missing", "add it, or filter_param and filter")
    template = (
        (entry.text("filter_param"), entry.text("filter")) if "filter" in entry.values else None
    )
    if template and "{since}" not in template[1]:
        raise entry.error("filter", "has no {since}", "put it where the moment belongs")
    has_until = "until_param" in entry.values or (template and "{until}" in template[1])
    start = utc_moment(entry.values["start"]) if "start" in entry.values else None
    if "start" in entry.values and start is None:
        raise entry.error("start", f"is {entry.values['start']!r}", "use a date or timestamp")
    window = None
    if "window_hours" in entry.values:
        window = timedelta(hours=entry.number("window_hours", 1))
        if not (has_until and start):
            raise entry.error("window_hours", "needs until_param and start", "add them")
    return Incremental(
        column,
        entry.text("since_param") if "since_param" in entry.values else None,
        entry.text("until_param") if "until_param" in entry.values else None,
        template,
        entry.choice("format", _FORMATS, "iso"),
        timedelta(minutes=entry.whole("overlap_minutes", 10)),
        start,
        window,
    )
