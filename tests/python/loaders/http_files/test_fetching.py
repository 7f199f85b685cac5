"""A file on a web server lands once a version, whole or not at all."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from loaders.http_files.web import Hosted, Web, zipped
from loaders.rest.server import Reply
from storehouse.core.errors import ConfigError, SourceContractError, SourceError, SourceUnavailable
from storehouse.sources.portion import Window

ROWS = [("1", "x"), ("2", "y")]
NEWER = "a,b\n1,x\n2,z\n"


@pytest.mark.parametrize("headers", [("ETag", "Last-Modified"), ("ETag",), ("Last-Modified",), ()])
def test_what_has_not_changed_is_neither_sent_nor_landed_again(
    web: Web, headers: tuple[str, ...]
) -> None:
    web.file.sends = headers
    for _ in range(2):
        web.load().raise_for_problems()
    asks = ("ETag" in headers, "Last-Modified" in headers)
    assert web.conditions() == [(False, False), asks]
    assert web.landed() == ROWS
    assert web.project.query("select count(*) from ops.loads") == [(1,)]
    assert web.left() == [".t.csv.json", "t.csv"]


def test_a_new_version_replaces_the_file_and_lands_under_its_name(web: Web) -> None:
    web.load().raise_for_problems()
    web.file.put(NEWER)
    web.load().raise_for_problems()
    assert web.landed() == [("1", "x"), ("2", "z")]
    assert web.project.query("select distinct source_file, status from ops.loads") == [
        ("t.csv", "loaded")
    ]
    assert web.fetched == NEWER.encode()


def test_full_asks_without_a_condition(web: Web) -> None:
    web.load()
    web.load(Window(full=True)).raise_for_problems()
    assert web.conditions() == [(False, False), (False, False)]
    assert web.project.query("select count(*) from ops.loads") == [(1,)]


def test_a_file_is_asked_for_once_in_its_hours_and_again_when_the_clock_went_back(
    web: Web,
) -> None:
    web.declare({"every_hours": 24})
    start = datetime(2026, 1, 5, 16, tzinfo=UTC)
    for hours, requests in [(0, 1), (23, 1), (25, 2), (1, 3)]:
        web.load(now=lambda hours=hours: start + timedelta(hours=hours)).raise_for_problems()  # type: ignore[misc]
        assert len(web.api.requests) == requests


def test_a_warehouse_made_anew_takes_what_was_fetched(web: Web) -> None:
    web.load().raise_for_problems()
    web.project.settings().warehouse.unlink()
    web.load().raise_for_problems()
    assert web.conditions()[-1] == (True, True)
    assert web.landed() == ROWS


@pytest.mark.parametrize("damage", ["removed", "edited", "note", "note removed", "path"])
def test_the_file_is_asked_for_anew_where_what_is_known_of_it_does_not_fit(
    web: Web, damage: str
) -> None:
    web.load().raise_for_problems()
    file, note = web.folder / "t.csv", web.folder / ".t.csv.json"
    if damage == "path":
        web.api.routes["/files/other.csv"] = web.file
        web.declare({"path": "other.csv"})
    elif damage.endswith("removed"):
        (note if damage.startswith("note") else file).unlink()
    else:
        (note if damage == "note" else file).write_text("a,b\n")
    web.load().raise_for_problems()
    assert web.conditions()[-1] == (False, False)
    assert web.landed() == ROWS


@pytest.mark.parametrize(
    "fault",
    [
        Reply("", 429, {"Retry-After": "0"}),
        Reply("", 503),
        Reply(b"a,b\n" + b"1,x\n" * 99, then="truncate"),
        Reply(b"a,b\n" + b"1,x\n" * 99, then="reset"),
        Reply(then="hang"),
    ],
    ids=lambda reply: f"{reply.status} {reply.then}",
)
def test_a_fault_that_passes_is_asked_again(web: Web, fault: Reply) -> None:
    web.declare(timeout_seconds=0.3)
    web.api.faults = [fault]
    web.load().raise_for_problems()
    assert len(web.api.requests) == 2
    assert web.landed() == ROWS


def _damaged(packed: bytes) -> bytes:
    """A zip whose content does not fit its checksum."""
    place = packed.index(b"t.csv") + len(b"t.csv") + 4
    return packed[:place] + bytes([packed[place] ^ 0xFF]) + packed[place + 1 :]


LONG = "a,b\n" + "".join(f"{i},{i * 7919 % 1009}\n" for i in range(2000))
PACKED = zipped(t__csv=LONG)


def cut(packed: bytes, then: str = "") -> Reply:
    return Reply(packed[: len(packed) // 2], then=then)


@pytest.mark.parametrize(
    ("path", "reply", "error", "reason"),
    [
        ("t.csv", Reply("", 404), SourceContractError, "404"),
        ("t.csv", Reply("", 403), SourceUnavailable, "403"),
        ("t.csv", Reply("", 304), SourceContractError, "304"),
        ("t.csv", Reply("", 204), SourceContractError, "204"),
        ("t.csv", Reply("", 302, {"Location": "/"}), SourceContractError, "points to /"),
        ("t.csv", Reply("", 500), SourceUnavailable, "500 in 3 attempts"),
        ("t.csv", Reply("<html>Sorry</html>"), SourceContractError, "it lacks a, b"),
        ("t.csv", Reply(""), SourceContractError, "empty"),
        ("t.csv", Reply("a,b\n1,", then="unsaid"), SourceContractError, "how long"),
        ("t.csv", Reply("a,b\n" + "1,x\n" * 300_000), SourceContractError, "largest_megabytes (1)"),
        ("t.zip", Reply("a,b\n1,x\n"), SourceUnavailable, "zip is damaged or cut"),
        ("t.zip", cut(PACKED), SourceUnavailable, "zip is damaged or cut"),
        ("t.zip", cut(PACKED, "unsaid"), SourceUnavailable, "zip is damaged or cut"),
        ("t.zip", Reply(_damaged(PACKED)), SourceUnavailable, "zip is damaged or cut"),
        ("t.zip", Reply(zipped(x__txt="a,b\n")), SourceContractError, "holds 0 files"),
        ("t.zip", Reply(zipped(x__csv="a,b", y__csv="b")), SourceContractError, "it lacks a"),
        ("t.zip", Reply(zipped(t__csv=bytes(2_000_000))), SourceContractError, "t.csv in its zip"),
        ("t.csv.gz", cut(gzip.compress(LONG.encode())), SourceUnavailable, "end too early"),
    ],
)
def test_what_is_not_whole_or_not_the_file_is_refused_and_the_former_file_stays(
    web: Web, path: str, reply: Reply, error: type[SourceError], reason: str
) -> None:
    sound: dict[str, Callable[[], bytes]] = {
        "t.csv": lambda: web.file.content,
        "t.zip": lambda: zipped(t__csv=web.file.content),
        "t.csv.gz": lambda: gzip.compress(web.file.content, mtime=0),
    }
    web.declare({"path": path}, largest_megabytes=1)
    web.api.routes[f"/files/{path}"] = Hosted(sound[path]())
    web.load().raise_for_problems()
    # With --full what the server said is forgotten first.
    unasked = Window(full=reply.status == 304)
    kept = [name for name in web.left() if not (unasked.full and name.startswith("."))]
    before = {name: (web.folder / name).read_bytes() for name in kept}

    web.api.faults = [reply] * 3
    with pytest.raises(error) as raised:
        web.load(unasked).raise_for_problems()
    message = str(raised.value)
    assert message.startswith(f"s.t: GET {path}: ")
    assert reason in message
    assert {name: (web.folder / name).read_bytes() for name in web.left()} == before
    assert web.landed() == ROWS

    web.api.faults = []
    web.load().raise_for_problems()
    assert web.landed() == ROWS


def test_a_zip_with_one_csv_is_unpacked_whatever_its_name(web: Web) -> None:
    web.declare({"path": "t.ZIP"})
    web.api.routes["/files/t.ZIP"] = Hosted(zipped(**{"../x__CSV": NEWER, "read__me": "x"}))
    web.load().raise_for_problems()
    assert web.fetched == NEWER.encode()
    assert web.landed() == [("1", "x"), ("2", "z")]
    assert web.left() == [".t.csv.json", "t.csv"]


def test_a_source_that_is_down_does_not_stop_another(web: Web) -> None:
    web.load().raise_for_problems()
    web.project.declare("u", v={"columns": ["a"]})
    web.project.deliver("u/v/1.csv", "a\n1\n")
    web.api.faults = [Reply("", 503)] * 3
    report = web.load()
    assert [type(one) for one in report.errors] == [SourceUnavailable]
    assert web.project.query("select a from raw_u.v") == [("1",)]


@pytest.mark.parametrize(
    ("table", "connection", "reason"),
    [
        ({"path": "https://elsewhere/t.csv"}, {}, "path is"),
        ({"path": "../t.csv"}, {}, "path is"),
        ({"pattern": "*"}, {}, "pattern is unknown"),
        ({"format": "xml"}, {}, "format is 'xml'"),
        ({"every_hours": 0}, {}, "every_hours is 0"),
        ({}, {"largest_megabytes": "1"}, "largest_megabytes is '1'"),
        ({}, {"parallel": 2}, "parallel is unknown"),
        ({}, {"url_variable": ""}, "url_variable is ''"),
        ({}, {"url_variable": "NOT_SET"}, "needs the environment variables NOT_SET"),
    ],
)
def test_a_wrong_declaration_is_named(
    web: Web, table: dict[str, object], connection: dict[str, Any], reason: str
) -> None:
    web.declare(table, **connection)
    with pytest.raises(ConfigError) as raised:
        web.load()
    assert reason in str(raised.value)
    assert not web.api.requests
