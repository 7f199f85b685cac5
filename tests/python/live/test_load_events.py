"""`storehouse load` takes the log like any source: rows and offset in one transaction."""

from __future__ import annotations

import json
import random
import signal
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from live.conftest import Place
from live.logs import SOURCE, event
from loaders.project import Project, utc_now
from storehouse.core.errors import ConfigError, SourceContractError
from storehouse.core.progress import Silent
from storehouse.landing.load import load
from storehouse.log.event_log import EventLog, Retention
from storehouse.log.events import Event
from storehouse.log.sqlite import SqliteLog
from storehouse.serving.log_status import Reader, read_log_status
from storehouse.sources.events.offsets import STREAM, offset_in, state_at
from storehouse.sources.portion import Window

Rows = list[tuple[Any, ...]]

LOAD = """
import sys
from pathlib import Path
from loaders import driver
from storehouse.sources.events import source
source._EVENTS = 20
print("begins", flush=True)
sys.exit(driver.main(Path(sys.argv[1])))
"""


@pytest.fixture
def log(project: Project) -> EventLog:
    """The log of a project whose table s.t takes events, and s.u does not."""
    declare(project)
    return SqliteLog(project.root / "var" / "live" / "log.sqlite")


def declare(project: Project, **more: object) -> None:
    optional = {"name": "c", "config": {"meta": {"optional": True}}}
    project.declare(
        "s",
        t={"columns": ["a", "b", optional], "events": {"key": ["a"]}, **more},
        u={"columns": ["x"]},
    )


def made(number: int, data: object, source: str = SOURCE) -> Event:
    return event(number, source, data if isinstance(data, str) else json.dumps(data))


def row(a: str, b: str | None = "x", **more: str | None) -> dict[str, Any]:
    return {"t": [{"a": a, "b": b, **more}]}


def landed(project: Project) -> Rows:
    return project.query("select a, b, c, _extra from raw_s.t order by _loaded_at, _row_number")


def later() -> datetime:
    return datetime.now(UTC) + timedelta(days=30)


def offset(project: Project) -> int:
    ((state,),) = project.query("select state from ops.load_states")
    return int(json.loads(state)["offset"])


def test_events_land_once_beside_files_in_the_order_of_the_log(
    project: Project, log: EventLog
) -> None:
    project.deliver("s/t/1.csv", "a,b\nfile,1\n")
    log.append([made(1, row("one", None, c="2")), made(2, row("two", "1.10"))])
    report = project.load()
    report.raise_for_problems()
    assert [(one.table, one.seen, one.rows) for one in report.tables] == [("t", 2, 3), ("u", 0, 0)]
    assert landed(project) == [
        ("file", "1", None, None), ("one", None, "2", None), ("two", "1.10", None, None),
    ]  # fmt: skip
    assert offset(project) == log.end()
    project.load().raise_for_problems()
    log.append([made(3, row("three")), made(1, row("one", None, c="2"))])
    project.load().raise_for_problems()
    assert [a for a, *_ in landed(project)] == ["file", "one", "two", "three"]
    assert project.query(
        "select row_count, rejected_row_count, sha256 is null from ops.loads "
        "where source_file like '%(event log)%' order by loaded_at"
    ) == [(2, 0, True), (1, 0, True)]


def test_without_a_log_nothing_is_made_and_nothing_is_said(project: Project) -> None:
    declare(project)
    report = project.load()
    report.raise_for_problems()
    assert not (project.root / "var" / "live").exists()
    assert not any("event" in note for note in report.notes)


def test_a_refused_event_is_quarantined_with_its_reason_and_the_rest_lands(
    project: Project, log: EventLog
) -> None:
    refused: Mapping[str, object] = {
        "not an object of rows": [],
        "is not an object of rows": {},
        "can't be read": '{"t": [',
        "no table 'nothing' takes events; these do: t": {"nothing": [{"a": "1"}]},
        "no table 'u'": {"u": [{"x": "1"}]},
        "are not a list of objects": {"t": {"a": "1", "b": "1"}},
        "lacks b": {"t": [{"a": "1"}]},
        "has no a": row(""),
        "t.b is not a single value": {"t": [{"a": "1", "b": {"c": 1}}]},
        "half of a surrogate pair": '{"t": [{"a": "\\ud83d", "b": null}]}',
        "given twice": '{"t": [{"a": "1", "a": "2", "b": null}]}',
        "NaN is not JSON": '{"t": [{"a": "1", "b": NaN}]}',
        "undeclared names beside _extra": row("1", _extra="{}", d="2"),
    }
    sent = [made(2 * number + 1, data) for number, data in enumerate(refused.values())]
    good = [made(2 * number, row(f"good {number}")) for number in range(len(sent) + 1)]
    log.append(sorted((*sent, *good), key=lambda one: int(one.id[1:])))
    report = project.load()
    report.raise_for_problems()
    assert [a for a, *_ in landed(project)] == [f"good {n}" for n in range(len(good))]
    kept = project.query("select reason, line, line_number from ops.rejected_rows order by 3")
    assert [line for _, line, _ in kept] == [one.data for one in sent]
    for (reason, _, number), expected, one in zip(kept, refused, sent, strict=True):
        assert expected in reason
        assert f"event {one.id} (made)" in reason
        assert log.read(number - 1, 1)[0][1] == one
    counted = {one.table: (one.rows, one.rejected_rows) for one in report.tables}
    # What names no table that takes events is counted for the log.
    assert counted == {"t": (len(good), 5), "u": (0, 0), STREAM: (0, len(sent) - 5)}


def test_an_event_lands_whole_or_not_at_all(project: Project, log: EventLog) -> None:
    log.append([made(1, {"t": [{"a": "1", "b": "2"}, {"a": "2"}]})])
    project.load().raise_for_problems()
    assert landed(project) == []


def test_numbers_flags_and_undeclared_names_are_kept_as_they_are_written(
    project: Project, log: EventLog
) -> None:
    log.append([made(1, '{"t": [{"a": 1.10, "b": true, "d": 1e5, "é": null}]}')])
    project.load().raise_for_problems()
    ((a, b, c, extra),) = landed(project)
    assert (a, b, c, json.loads(extra)) == ("1.10", "true", None, {"d": "1e5", "é": None})


def test_a_null_character_and_signs_beyond_the_basic_plane_land(
    project: Project, log: EventLog
) -> None:
    log.append([made(1, '{"t": [{"a": "x\\u0000y", "b": "\\ud834\\udd1e"}]}')])
    project.load().raise_for_problems()
    assert [(a, b) for a, b, *_ in landed(project)] == [("x\0y", "𝄞")]


def test_each_source_takes_its_own_events(project: Project, log: EventLog) -> None:
    project.declare("r", v={"columns": ["k"], "events": {"key": ["k"]}})
    log.append([made(1, row("mine")), made(1, {"v": [{"k": "theirs"}]}, source="r")])
    log.append([made(2, {"anything": 1}, source="nobody")])
    project.load().raise_for_problems()
    assert [a for a, *_ in landed(project)] == ["mine"]
    assert project.query("select k from raw_r.v") == [("theirs",)]
    assert {offset for (offset,) in project.query("select state from ops.load_states")} == {
        json.dumps({"log": log.identity, "offset": log.end(), "event": ["nobody", "e2"]})
    }


def test_full_reads_the_log_again_and_another_log_is_read_from_its_beginning(
    project: Project, log: EventLog
) -> None:
    log.append([made(1, row("one"))])
    project.load().raise_for_problems()
    load(project.settings(), progress=Silent(), now=utc_now, window=Window(full=True))
    assert len(landed(project)) == 2
    log.close()
    for path in (project.root / "var" / "live").iterdir():
        path.unlink()
    fresh = SqliteLog(project.root / "var" / "live" / "log.sqlite")
    fresh.append([made(2, row("two"))])
    report = project.load()
    report.raise_for_problems()
    assert any("is not the log that was read before" in note for note in report.notes)
    assert [a for a, *_ in landed(project)] == ["one", "one", "two"]


@pytest.mark.parametrize("more", [0, 3, 9])
def test_a_log_that_was_set_back_is_read_again(project: Project, log: EventLog, more: int) -> None:
    """Restored from a backup, it gives the numbers of its lost events to others."""
    path = project.root / "var" / "live" / "log.sqlite"
    log.append([made(number, row(str(number))) for number in range(3)])
    log.close()
    backup = path.read_bytes()
    log = SqliteLog(path)
    log.append([made(number, row(str(number))) for number in range(3, 6)])
    project.load(environ={"STOREHOUSE_SOURCES": "s"}).raise_for_problems()
    log.close()
    path.write_bytes(backup)
    log = SqliteLog(path)
    log.append([made(number, row(str(number))) for number in range(100, 100 + more)])
    ((state,),) = project.query("select state from ops.load_states")
    status = read_log_status(project.settings(), {}, {"s": json.loads(state)})
    assert status is not None
    assert status.readers == (Reader("s", 0, log.end()),)
    report = project.load()
    report.raise_for_problems()
    (note,) = [note for note in report.notes if "was set back to an earlier state" in note]
    assert "event 6, to which it was read" in note
    sent = ["0", "1", "2", *map(str, range(100, 100 + more))]
    assert [a for a, *_ in landed(project)] == [*map(str, range(6)), *sent]
    again = project.load()
    again.raise_for_problems()
    assert not [note for note in again.notes if "event log" in note]
    assert (offset(project), len(landed(project))) == (log.end(), 9 + more)


def test_an_offset_is_valid_while_its_event_is_there_or_was_removed(place: Place) -> None:
    with place.opened() as log:
        end = log.append([made(number, row("x")) for number in range(1, 4)])
        last = log.read(end - 1, 1)[0][1]
        assert offset_in(log, state_at(log, end, last)) == end
        assert offset_in(log, {"log": log.identity, "offset": end}) == end
        assert offset_in(log, state_at(log, end - 1, last)) == 0
        assert offset_in(log, state_at(log, end, replace(last, source="another"))) == 0
        assert offset_in(log, state_at(log, end + 1, last)) == 0
        assert offset_in(log, {**state_at(log, end, last), "log": "another"}) is None
        log.trim(Retention(timedelta(days=1), 1), end - 1, datetime.now(UTC))
        assert offset_in(log, state_at(log, end - 1, last)) == end - 1


def test_a_log_that_was_set_back_keeps_events_that_a_source_would_read_again(
    project: Project, log: EventLog
) -> None:
    """A source that is off now may be on again."""
    project.declare("r", v={"columns": ["k"], "events": {"key": ["k"]}})
    log.append([made(number, row(str(number))) for number in range(6)])
    project.load().raise_for_problems()
    state = json.dumps({"log": log.identity, "offset": 6, "event": [SOURCE, "another"]})
    with duckdb.connect(project.root / "var" / "warehouse.duckdb") as con:
        con.execute("update ops.load_states set state = ? where source = 'r'", [state])
    project.load(later, environ={"STOREHOUSE_SOURCES": "s"}).raise_for_problems()
    assert log.oldest() == 0
    project.load(later).raise_for_problems()
    assert log.oldest() == 6


def test_events_that_were_removed_after_they_were_read_are_not_compared(
    project: Project, log: EventLog
) -> None:
    log.append([made(number, row(str(number))) for number in range(3)])
    project.load(later).raise_for_problems()
    project.load(later).raise_for_problems()
    assert log.oldest() == 3
    log.append([made(4, row("4"))])
    report = project.load()
    report.raise_for_problems()
    assert not [note for note in report.notes if "set back" in note]
    assert len(landed(project)) == 4


def test_events_removed_before_they_were_read_are_an_error_once(
    project: Project, log: EventLog
) -> None:
    log.append([made(number, row(str(number))) for number in range(3)])
    project.load().raise_for_problems()
    log.append([made(number, row(str(number))) for number in range(3, 9)])
    log.trim(Retention(timedelta(days=1), 1), 6, datetime.now(UTC))
    with pytest.raises(SourceContractError, match="events 4 to 6 were removed"):
        project.load().raise_for_problems()
    assert [a for a, *_ in landed(project)] == ["0", "1", "2", "6", "7", "8"]
    project.load().raise_for_problems()


def test_a_load_removes_old_events_but_none_that_a_source_has_not_read(
    project: Project, log: EventLog
) -> None:
    project.declare("r", v={"columns": ["k"], "events": {"key": ["k"]}})
    log.append([made(1, row("one"))])
    project.load(environ={"STOREHOUSE_SOURCES": "s"}).raise_for_problems()
    project.load(later, environ={"STOREHOUSE_SOURCES": "s"}).raise_for_problems()
    assert log.oldest() == log.end() == 1  # s alone is on, and has read it
    log.append([made(2, row("two"))])
    project.load(later).raise_for_problems()
    assert log.oldest() == 2
    log.append([made(3, row("three"))])
    # r was on and may be again: it has not read the third.
    project.load(later, environ={"STOREHOUSE_SOURCES": "s"}).raise_for_problems()
    assert (log.oldest(), log.end()) == (2, 3)
    project.load(later).raise_for_problems()
    assert log.oldest() == 3


def test_a_load_of_one_source_removes_nothing_that_another_that_is_on_has_never_read(
    project: Project, log: EventLog
) -> None:
    project.declare("r", v={"columns": ["k"], "events": {"key": ["k"]}})
    log.append([made(1, row("mine")), made(1, {"v": [{"k": "theirs"}]}, source="r")])
    for settings in (project.settings(), replace(project.settings(), sources=("s", "no such"))):
        load(settings, sources=["s"], progress=Silent(), now=later).raise_for_problems()
        assert log.oldest() == 0
    project.load(later).raise_for_problems()
    assert project.query("select k from raw_r.v") == [("theirs",)]
    assert log.oldest() == log.end()


def test_a_killed_load_goes_on_where_its_rows_end(tmp_path: Path) -> None:
    moments = random.Random(3)
    partly = 0
    seconds = 0.6
    for kill in range(8):
        project = Project(tmp_path / str(kill))
        declare(project)
        log = SqliteLog(project.root / "var" / "live" / "log.sqlite")
        log.append([made(number, row(str(number))) for number in range(1000)])
        log.close()
        process = project.run(code=LOAD)
        assert process.stdout is not None
        assert process.stdout.readline() == "begins\n"
        time.sleep(moments.random() * seconds)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        if (project.root / "var" / "warehouse.duckdb").exists():
            found = project.query("select 1 from duckdb_tables() where table_name = 't'")
            count = len(landed(project)) if found else 0
            partly += 0 < count < 1000
            assert count % 20 == 0
        project.load().raise_for_problems()
        assert sorted(int(a) for a, *_ in landed(project)) == list(range(1000))
        assert offset(project) == 1000
    assert partly >= 1


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"events": {"key": ["z"]}}, "name columns that identify"),
        ({"events": {"records": "x"}}, "key is missing"),
        ({"events": {"key": ["a"], "odd": 1}}, "odd is unknown"),
        ({"delivery": "full"}, "delivered whole"),
    ],
)
def test_a_declaration_that_can_not_be_used_stops_its_source(
    project: Project, more: dict[str, object], message: str
) -> None:
    declare(project, **more) if "events" not in more else project.declare(
        "s", t={"columns": ["a", "b"], **more}
    )
    with pytest.raises(ConfigError, match=message):
        project.load().raise_for_problems()
