"""The incremental filter: what is sent, and whether the server heeded it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from storehouse.declarations.moments import utc_moment
from storehouse.sources.rest.declaration import Incremental

_UNIX = {"unix": 1, "unix_ms": 1000}


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
            arguments[name] = template.format(since=since, until="" if until is None else until)
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
