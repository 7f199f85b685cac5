"""The incremental filter: what is sent, and whether the server applied it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from storehouse.sources.declarations.entry import Entry
from storehouse.sources.declarations.moments import utc_moment
from storehouse.sources.declarations.tables import Table
from storehouse.sources.rest.requests import (
    check_columns,
    check_json,
    check_variable,
    variable_type,
)

_FORMATS = ("iso", "date", "unix", "unix_ms")
_UNIX = {"unix": 1, "unix_ms": 1000}

# A text, or an object for a variable of a query; its texts may hold {since} and {until}.
Template = str | Mapping[str, Any]


@dataclass(frozen=True)
class Incremental:
    """`column` has the time of a record's last change; `template` is the value of a parameter."""

    column: str
    since: str | None
    until: str | None
    template: tuple[str, Template] | None
    format: str
    overlap: timedelta
    start: datetime | None
    window: timedelta | None

    @property
    def fills_until(self) -> bool:
        """Whether its template needs an end."""
        return self.template is not None and _holds(self.template[1], "{until}")


@dataclass(frozen=True)
class Filter:
    """Records that changed from `since` on and before `until`; None is no bound."""

    declared: Incremental
    since: datetime | None
    until: datetime | None

    def arguments(self) -> dict[str, Any]:
        declared = self.declared
        since = self._written(self.since, up=False) if self.since else None
        until = self._written(self.until, up=True) if self.until else None
        arguments: dict[str, Any] = {}
        if declared.since and since is not None:
            arguments[declared.since] = since
        if declared.until and until is not None:
            arguments[declared.until] = until
        if declared.template and since is not None:
            name, template = declared.template
            arguments[name] = filled(template, since, "" if until is None else until)
        return arguments

    def outside(self, values: Iterable[str | None]) -> int:
        """How many of the values lie outside, including those that are not moments."""
        if self.since is None and self.until is None:
            return 0
        earliest, latest = self._bounds()
        count = 0
        for value in values:
            moment = self._read(value)
            count += moment is None or not earliest <= moment <= latest
        return count

    def _bounds(self) -> tuple[datetime, datetime]:
        """The earliest and latest moment to expect, given the precision of those sent."""
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


def filled(template: Any, since: str | int, until: str | int) -> Any:
    """A template with moments filled in; a value that is only a moment stays a number."""
    if isinstance(template, Mapping):
        return {name: filled(inner, since, until) for name, inner in template.items()}
    if isinstance(template, list):
        return [filled(inner, since, until) for inner in template]
    if not isinstance(template, str):
        return template
    for mark, moment in (("{since}", since), ("{until}", until)):
        if template == mark:
            return moment
        # Other braces are the API's own: filters may be JSON.
        template = template.replace(mark, str(moment))
    return template


def _holds(template: Template, mark: str) -> bool:
    return mark in json.dumps(template, ensure_ascii=False, default=str)


def read_incremental(entry: Entry, table: Table, query: str | None) -> Incremental | None:
    """How records are filtered; if there is a `query`, the filter must be one of its variables."""
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
    form = entry.choice("format", _FORMATS, "iso")
    template = _template(entry, form, query) if "filter" in entry.values else None
    for key in ("since_param", "until_param", "filter_param"):
        if query is not None and key in entry.values:
            check_variable(entry, key, query, entry.text(key))
    has_until = "until_param" in entry.values or (template and _holds(template[1], "{until}"))
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
        form,
        timedelta(minutes=entry.whole("overlap_minutes", 10)),
        start,
        window,
    )


def _template(entry: Entry, form: str, query: str | None) -> tuple[str, Template]:
    """The value of `filter_param`, checked as a later load will send it."""
    name = entry.text("filter_param")
    given = entry.values["filter"]
    template: Template = given if isinstance(given, dict) else entry.text("filter")
    if not _holds(template, "{since}"):
        raise entry.error("filter", "has no {since}", "put it where the moment belongs")
    moment = 1_767_225_600 if form in _UNIX else "2026-01-01T00:00:00Z"
    tried = filled(template, moment, moment)
    kind = None if query is None else variable_type(query, name)
    is_text = kind in ("String", "ID")
    if isinstance(tried, Mapping):
        if query is None or is_text:
            what = "the address" if query is None else f"${name}, which is {kind}"
            raise entry.error("filter", f"is an object for {what}", "write it as a text of JSON")
        check_json(entry, "filter", tried)
    elif tried.lstrip().startswith("{"):
        _check_json_text(entry, template, tried, query)
        if kind and not is_text:
            raise entry.error(
                "filter",
                f"is a text, and ${name} is {kind}",
                "write it as an object, without quotes around the whole",
            )
    return name, template


def _check_json_text(entry: Entry, template: Template, tried: str, query: str | None) -> None:
    """Raise for JSON that a moment makes invalid.

    Text that is not JSON with a number either is another language (Solr's also begins with a
    brace), but not in the variable of a query.
    """
    try:
        json.loads(tried)
    except ValueError as error:
        if query is None and not _is_json(filled(template, 0, 0)):
            return
        raise entry.error(
            "filter",
            f"is no JSON once it has a moment ({tried}: {error})",
            "put {since} and {until} in double quotes there",
        ) from None


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
