"""Reads small lists from servers that atheris makes up, against the plain truth.

    python tests/python/fuzz/pagings.py -runs=N [-seed=N] [-max_total_time=SECONDS]

A server pages in any of our ways, caps its pages, has empty ones, ends its list in any way,
refuses a page in its middle, and its list changes between two requests. Such a refusal is an
error, or said to be taken for the end; then the next load reads the list again. Loads are
stopped after any page; then the place that was stored may be gone. In the end every record that
was there all the time has landed, nothing has that never was, and a list that stood still has
landed once.

The server answers within the process, so that there are many; some are asked for over a socket.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit
from zlib import crc32

import atheris  # type: ignore[import-untyped]
import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))

from fuzz.driver import main

with atheris.instrument_imports(include=["storehouse.sources"]):
    from loaders.rest.server import Api, Reply, Request, serving
    from storehouse.core.errors import SourceError, SourceUnavailable
    from storehouse.sources.portion import Landed, State, Window
    from storehouse.sources.rest.answers import Answer, Judge
    from storehouse.sources.rest.connection import RetryPolicy
    from storehouse.sources.rest.declaration import Resource
    from storehouse.sources.rest.http import Arguments, Http
    from storehouse.sources.rest.paging import Paging
    from storehouse.sources.rest.records import ColumnPath, Shape
    from storehouse.sources.rest.requests import Request as Asking
    from storehouse.sources.rest.secrets import Secrets
    from storehouse.sources.rest.stream import RestStream

_KINDS = ["page", "offset", "cursor", "keyset", "link", "header"]
_NO_PLACE = ["null", "false", "0", '""', "[]", "{}", '"0"', None]
_NO_MORE = ["false", "0", '"false"', '"0"', "null", '""']
_NO_PAGE = ["", "{}", "null", "[]"]
_REFUSALS = [400, 404, 410, 416, 422]
_LOADS = 6
# One input of so many is asked for over a socket.
_REAL = 256
_SHAPE = Shape(
    (),
    (
        ColumnPath("id", 0, ("id",), optional=False),
        ColumnPath("version", 0, ("version",), optional=False),
    ),
    frozenset({"id", "version"}),
)
_POLICY = RetryPolicy(
    timeout_seconds=5,
    answer_seconds=5,
    attempts=1,
    first_wait_seconds=0.001,
    longest_wait_seconds=0.001,
    remaining_header=None,
    reset_header=None,
    errors=(),
    retry_codes=(),
)
_NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Choices:
    """Bytes as choices; zeros when they are used up."""

    def __init__(self, data: bytes) -> None:
        self._data = iter(data)

    def below(self, most: int) -> int:
        return next(self._data, 0) % most

    def of(self, listed: list[Any]) -> Any:
        return listed[self.below(len(listed))]

    def flag(self) -> bool:
        return bool(self.below(2))


@dataclass
class Server:
    """A list of records, served as `kind` says; lawful, whatever else it is."""

    choices: Choices
    kind: str
    records: list[tuple[int, int]]
    cap: int
    end: tuple[int, str]
    no_place: str | None
    no_more: str
    changes: list[str]
    has_total: bool
    has_more: bool
    gaps: bool
    is_gone: bool = False
    fails_after: int = 0
    has_failed: bool = False
    ever: set[int] = field(default_factory=set)
    lost: set[int] = field(default_factory=set)
    requests: int = 0

    def __call__(self, request: Request) -> Reply:
        """The answer, after the list has changed."""
        self.requests += 1
        self._change()
        if self.is_gone:
            self.is_gone = False
            return Reply('{"error": "that place is gone"}', self.choices.of(_REFUSALS[:3]))
        query = request.query
        records = self.records
        size = min(int(query.get("limit", self.cap)), self.cap)
        if self.kind in ("cursor", "keyset", "link", "header"):
            records = sorted(records)
            after = float(query.get("after", 0))
            rest = [one for one in records if one[0] > after]
            page, more = rest[:size], len(rest) > size
            place = str(page[-1][0]) if page else None
            if self.gaps and more and self.kind != "keyset" and after == int(after):
                # As where a filter takes all of a page's records away.
                page, place = [], f"{int(after)}.5"
        else:
            start = int(query.get("offset", 0))
            start = (int(query["page"]) - 1) * size if "page" in query else start
            page, more, place = records[start : start + size], start + size < len(records), None
        is_past = not page and not more and ("after" in query or self._is_later(query))
        is_midway = bool(page) and ("after" in query or self._is_later(query))
        if is_midway and self.kind in ("page", "offset", "keyset") and self._fails():
            return Reply(self.end[1], self.end[0] or 404)
        if is_past and self.kind in ("page", "offset", "keyset"):
            status, body = self.end
            if status:
                return Reply(body, status)
        return self._written(page, more=more, place=place)

    def _fails(self) -> bool:
        self.fails_after -= 1
        self.has_failed |= self.fails_after == 0
        return self.fails_after == 0

    def _is_later(self, query: Any) -> bool:
        return int(query.get("page", 1)) > 1 or int(query.get("offset", 0)) > 0

    def _written(self, page: list[tuple[int, int]], *, more: bool, place: str | None) -> Reply:
        members: dict[str, str] = {
            "orders": json.dumps([{"id": one, "version": version} for one, version in page])
        }
        if self.has_total:
            members["total"] = str(len(self.records))
        if self.has_more:
            members["more"] = "true" if more else self.no_more
        headers = {}
        if self.kind in ("cursor", "link"):
            written = json.dumps(place if self.kind == "cursor" else f"?after={place}")
            following = written if more else self.no_place
            if following is not None:
                members["next"] = following
        if self.kind == "header" and more:
            headers["Link"] = f'</orders?after={place}>; rel="next"'
        body = ", ".join(f'"{name}": {raw}' for name, raw in members.items())
        return Reply("{" + body + "}", headers=headers)

    def _change(self) -> None:
        how = self.changes.pop() if self.changes else ""
        numbers = [number for number, _ in self.records]
        if how == "delete" and numbers:
            gone = self.records.pop(self.choices.below(len(self.records)))
            self.lost.add(gone[0])
        elif how == "move" and numbers:
            number, version = self.records.pop(self.choices.below(len(self.records)))
            self.records.append((number, version + 1))
        elif how in ("head", "end"):
            number = max(self.ever, default=0) + 1
            self.ever.add(number)
            self.lost.add(number)  # it was not there from the beginning
            self.records.insert(0 if how == "head" else len(self.records), (number, 0))


def _made(choices: Choices) -> tuple[Server, Paging]:
    kind = choices.of(_KINDS)
    numbers = list(range(1, choices.below(14) + 1))
    is_counted = kind in ("page", "offset")
    # What moves records both ways between the two requests that check a page is not seen.
    likely = choices.of([[], ["delete", "move"], ["head"], ["end"]])
    is_stable = is_counted and choices.flag() and likely in ([], ["end"])
    changes = [choices.of([*likely, ""]) for _ in range(choices.below(8))] if likely else []
    status = choices.of([0, 200, 204, *_REFUSALS])
    has_total, has_more = choices.flag(), choices.flag()
    server = Server(
        choices,
        kind,
        [(number, 0) for number in numbers],
        choices.below(4) + 1,
        (status, choices.of(_NO_PAGE) if status == 200 else ""),
        choices.of(_NO_PLACE),
        choices.of(_NO_MORE),
        changes,
        has_total,
        has_more,
        gaps=choices.below(4) == 3,
        fails_after=choices.below(6),
        ever=set(numbers),
    )
    size = choices.below(5)
    paging = Paging(
        {"header": "link"}.get(kind, kind),
        param={"page": "page", "offset": "offset"}.get(kind, "after"),
        size_param="limit" if size else None,
        size=size,
        total=("total",) if has_total and kind != "keyset" else (),
        more=("more",) if has_more and kind not in ("link", "header") else (),
        cursor=("next",),
        next=("next",) if kind == "link" else (),
        field="id" if kind == "keyset" else None,
        stable=is_stable,
    )
    if kind != "cursor":
        paging = replace(paging, cursor=())
    return server, paging


class Reading:
    """Loads a list until it is read, stopped and begun again."""

    def __init__(self, server: Server, paging: Paging, http: Http, choices: Choices) -> None:
        request = Asking("/orders", {}, None, ("orders",), paging)
        self._resource = Resource(
            "orders", "s.orders", request, _SHAPE, {}, ("id", "version"), None, None
        )
        self._server, self._http, self._choices = server, http, choices
        self.landed: list[int] = []
        self.notes: list[str] = []
        self.was_stopped = False

    def read(self) -> None:
        state: State | None = None
        for load in range(_LOADS):
            is_last = load == _LOADS - 1
            if is_last:
                self._server.changes.clear()
                self._server.fails_after = 0
            pages = 1000 if is_last else self._choices.below(8)
            before = len(self.notes)
            state, is_whole = self._load(state, pages)
            if is_whole and not self._server.has_failed:
                return
            if is_whole:
                notes = [n for n in self.notes[before:] if "taken for the end" in n]
                assert notes or self._is_all_there(), "a page was refused, and nobody was told"
            self.was_stopped = True
            self._server.has_failed = False
            under_way = cast(Any, state or {}).get("pass")
            can_be_gone = under_way is not None and under_way["position"] is not None
            self._server.is_gone = can_be_gone and self._choices.flag()
        raise AssertionError("the list did not come to its end")

    def _is_all_there(self) -> bool:
        return self._server.ever - self._server.lost <= set(self.landed)

    def _load(self, state: State | None, pages: int) -> tuple[State | None, bool]:
        stream = RestStream(self._http, self._resource, Window(), lambda: _NOW)
        try:
            portions: Iterator[Any] = stream.portions(state, cast(Landed, None))
            for number, portion in enumerate(portions):
                if number == pages:
                    return state, False
                self.landed += [int(one) for one in portion.rows["orders"]["id"].to_pylist()]
                self.notes += portion.notes
                state = json.loads(json.dumps(portion.state))
        except SourceError as error:
            self._excuse(error)
            return state, False
        return state, "pass" not in (state or {})

    def _excuse(self, error: SourceError) -> None:
        """A list that changes may move too fast, or become shorter than it said it was."""
        is_fast = isinstance(error, SourceUnavailable) and "moves faster" in str(error)
        is_shorter = "says that there is more" in str(error) and bool(self._server.lost)
        has_failed = self._server.has_failed
        assert is_fast or is_shorter or has_failed, error


_REQUEST = httpx.Request("GET", "http://127.0.0.1/orders")


@dataclass
class Direct(Http):
    """Answers within the process: what httpx does is tested elsewhere, and takes long."""

    handler: Callable[[Request], Reply] = lambda _: Reply("", 500)

    def fetch(self, label: str, path: str, arguments: Arguments, query: str | None) -> Answer:
        del query
        address = urlsplit(path)
        sent = {name: str(value) for name, value in arguments.items()}
        given = dict(parse_qsl(address.query))
        reply = self.handler(Request("GET", address.path, sent | given, {}, b"", 0))
        content = reply.body.encode() if isinstance(reply.body, str) else reply.body
        response = httpx.Response(reply.status, headers=reply.headers, request=_REQUEST)
        if not response.is_success:
            error = self.judge.permanent_error(response, content)
            raise type(error)(f"{label}: {error}.")
        return self.judge.judged(response, content)


def _reached(address: str) -> dict[str, Any]:
    return {
        "client": httpx.Client(trust_env=False),
        "address": address,
        "policy": _POLICY,
        "judge": Judge(_POLICY, Secrets()),
        "now": lambda: _NOW,
        "lock": Lock(),
    }


class Lists:
    """Reads one list an input."""

    def __init__(self) -> None:
        self._handler: Callable[[Request], Reply] = lambda _: Reply("", 500)
        self._inside = Direct(**_reached("http://127.0.0.1"), handler=self._answer)
        self._api = Api(routes={"/orders": self._answer})
        self._outside: Http | None = None
        self._open = ExitStack()

    def _answer(self, request: Request) -> Reply:
        return self._handler(request)

    def read(self, data: bytes) -> None:
        choices = Choices(data)
        http = self._inside if crc32(data) % _REAL else self._real()
        server, paging = _made(choices)
        self._handler = server
        reading = Reading(server, paging, http, choices)
        begun_with = set(server.ever)
        was_still = not server.changes
        reading.read()
        missing = begun_with - server.lost - set(reading.landed)
        assert not missing, (missing, paging, reading.landed, reading.notes)
        assert set(reading.landed) <= server.ever
        if was_still and not reading.was_stopped:
            assert sorted(reading.landed) == sorted(begun_with), (paging, reading.landed)
            surplus = [note for note in reading.notes if "taken for the end" not in note]
            assert not [note for note in surplus if "taken for the whole" not in note], surplus

    def _real(self) -> Http:
        if self._outside is None:
            api = self._open.enter_context(serving(self._api))
            self._outside = Http(**_reached(api.address))
        return self._outside


_EXAMPLES = [
    bytes([kind, 9, change, 1, 3, 1, 0, 1, kind + change, 1, 1, 2, 0, 0, 0, 0, 3, 2, 1, 2, 1])
    for kind in range(len(_KINDS))
    for change in (0, 1)
]


if __name__ == "__main__":
    lists = Lists()
    main(lambda _: lists.read, _EXAMPLES, [bytes(8)])
