"""The range that a pass reads, and the state it keeps if it is stopped.

A stream's state is JSON: `since`, where the next pass begins; `scope`, a hash of what it
requests; `swept_at`, when keys were last scanned, and `fullest`, the most keys on a page so far;
`matched`, declared paths that have matched something (paths.Matched); `unsure`, positions where
the last pass ended without certainty; and `pass`, while one is under way. `since` moves only when
a pass has ended, to its start minus the overlap: what changes during a pass is read by the next
one. It does not move while the end of the list is uncertain, as after a 404 that follows a full
page, until the next pass ends at the same position.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from storehouse.sources.declarations.moments import utc_moment
from storehouse.sources.portion import State, Window
from storehouse.sources.rest.declaration import Resource
from storehouse.sources.rest.paging import Position
from storehouse.sources.rest.stated_length import TOO_DEEP

_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Place:
    """Where a pass stands: the start of its window, the next page, and what was read so far.

    `last` identifies the last record read; `count` is the number of records read in the window.
    """

    window: datetime | None = None
    position: Position | None = None
    last: str | None = None
    count: int = 0


@dataclass(frozen=True)
class Pass:
    """`ends_at` is when it was begun, before the first request.

    `started_at` is the same moment by the earlier of our clock and the server's, once the server
    has answered. `declared` is a hash of the declaration: a place is only valid with the same one.
    """

    since: datetime | None
    until: datetime | None
    ends_at: datetime
    moves: bool
    declared: str
    started_at: datetime | None = None
    place: Place = Place()
    unsure: frozenset[str] = frozenset()

    def started(self, now: datetime, date: datetime | None) -> datetime:
        """When it was begun; `date` is the server's clock in an answer received at `now`."""
        passed = max(now - self.ends_at, timedelta(0))
        return min(self.ends_at, date - passed) if date else self.ends_at

    def windows(
        self, length: timedelta | None
    ) -> Iterator[tuple[datetime | None, datetime | None]]:
        """The time windows that are left, as (from, to); at least one."""
        if length is None or self.since is None:
            yield self.since, self.until
            return
        start, end = self.place.window or self.since, self.until or self.ends_at
        while True:
            yield start, min(start + length, max(end, start + timedelta(seconds=1)))
            start += length
            if start >= end:
                return


@dataclass(frozen=True)
class Memory:
    """A stream's state."""

    scope: str
    since: datetime | None = None
    swept_at: datetime | None = None
    under_way: Pass | None = None
    matched: frozenset[str] = frozenset()
    unsure: frozenset[str] = frozenset()
    fullest: int = 0

    def state(self) -> State:
        written: dict[str, Any] = {
            "since": _text(self.since),
            "scope": self.scope,
            "swept_at": _text(self.swept_at),
            "matched": sorted(self.matched),
            "unsure": sorted(self.unsure),
            "fullest": self.fullest,
        }
        if self.under_way:
            one, place = self.under_way, self.under_way.place
            written["pass"] = {
                "since": _text(one.since),
                "until": _text(one.until),
                "ends_at": _text(one.ends_at),
                "moves": one.moves,
                "declared": one.declared,
                "started_at": _text(one.started_at),
                "window": _text(place.window),
                "position": place.position,
                "last": place.last,
                "count": place.count,
                "unsure": sorted(one.unsure),
            }
        return written

    def ended(self, overlap: timedelta) -> Memory:
        """The memory after the current pass; `since` is moved if that pass moves it."""
        one, without = self.under_way, replace(self, under_way=None)
        if not (one and one.moves and one.started_at):
            return without
        if one.unsure <= self.unsure - {TOO_DEEP}:
            return replace(without, since=one.started_at - overlap, unsure=frozenset())
        return replace(without, unsure=self.unsure | one.unsure)


def scope(resource: Resource) -> str:
    """A hash of what a resource requests: if it changes, records before `since` were not read."""
    request, incremental = resource.request, resource.incremental
    requested = (request.path, dict(request.arguments), request.query, request.records)
    by = incremental and (
        incremental.column,
        incremental.since,
        incremental.until,
        incremental.template,
        incremental.start,
    )
    nested = sorted((name, one.shape.below) for name, one in resource.nested.items())
    return _hash((requested, by, nested))


def recalled(state: State | None, scope: str) -> Memory:
    """The memory in a state; `scope`, the declared one, is assumed where a state has none."""
    if not state:
        return Memory(scope)
    given: Mapping[str, Any] | None = state.get("pass")
    under_way = None
    if given:
        under_way = Pass(
            since=utc_moment(given["since"]),
            until=utc_moment(given["until"]),
            ends_at=utc_moment(given["ends_at"]) or datetime.now(UTC),
            moves=given["moves"],
            declared=given["declared"],
            started_at=utc_moment(given["started_at"]),
            place=Place(
                utc_moment(given["window"]),
                given["position"],
                given["last"],
                given["count"],
            ),
            unsure=frozenset(given.get("unsure", ())),
        )
    return Memory(
        state.get("scope", scope),
        utc_moment(state["since"]),
        utc_moment(state["swept_at"]),
        under_way,
        frozenset(state.get("matched", ())),
        frozenset(state.get("unsure", ())),
        state.get("fullest", 0),
    )


def fresh_pass(memory: Memory, window: Window, resource: Resource, now: datetime) -> Pass:
    """The pass that a load starts; without an incremental filter, always over everything."""
    incremental = resource.incremental
    declared = _hash((resource.request, incremental))
    if incremental is None:
        return Pass(None, None, now, moves=False, declared=declared)
    is_open = window.until is None
    if window.full:
        return Pass(incremental.start, window.until, now, moves=is_open, declared=declared)
    since = window.since or memory.since or incremental.start
    # Moving the watermark after a later start or an earlier end would leave a gap, as would
    # dropping a stopped pass that had begun earlier.
    begun = [memory.since] if memory.since else []
    stopped = memory.under_way
    if stopped and stopped.moves and stopped.declared == declared:
        begun.append(stopped.since or _BEGINNING)
    follows = since is None or all(since <= one for one in begun)
    return Pass(since, window.until, now, moves=is_open and follows, declared=declared)


def goes_on(under_way: Pass, window: Window, fresh: Pass) -> bool:
    """Whether a load resumes a stopped pass: a plain load does, and one with the same window."""
    is_alike = (under_way.since, under_way.until) == (fresh.since, fresh.until)
    return under_way.declared == fresh.declared and (window == Window() or is_alike)


def is_beside(under_way: Pass | None, fresh: Pass) -> bool:
    """Whether a pass reads only a part, so that a stopped one is kept for the next load."""
    return (
        under_way is not None
        and under_way.moves
        and not fresh.moves
        and under_way.declared == fresh.declared
    )


def _hash(value: object) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()[:16]


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
