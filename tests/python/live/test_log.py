"""What any event log promises; each test runs on all implementations."""

from __future__ import annotations

import asyncio
import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, astuple, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from threading import Thread
from typing import Any

import nats
import pytest
from nats.aio.client import DEFAULT_PENDING_SIZE
from nats.js import JetStreamContext
from nats.js.api import StoreCompression, StreamConfig, StreamConsumerLimits

from live.conftest import Place
from live.logs import event, events, letter
from live.nats_server import NatsServer, nats_server
from loaders.project import Project
from storehouse.core.errors import SourceUnavailable
from storehouse.log.event_log import READ_BYTES, EventLog, Retention
from storehouse.log.events import Event
from storehouse.log.opening import EVENT_LOG, LogAddress
from storehouse.serving.log_status import read_log_status
from storehouse.sources.events.contract import Contract, Refused

LONG, MUCH = timedelta(days=7), 10**9
PYTHON_PATH = [path for path in sys.path if path]

# Appends groups of random size for ever, and says what was acknowledged.
WRITER = """
import random, sys
from pathlib import Path
from live.conftest import Place
from live.logs import events
sizes, first = random.Random(int(sys.argv[2])), int(sys.argv[3])
with Place.of(sys.argv[1]).opened() as log:
    while True:
        size = sizes.randrange(1, 20)
        log.append(events(first, size))
        first += size
        print(first, flush=True)
"""


def read_all(log: EventLog, offset: int = 0, limit: int = 7) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    while some := log.read(offset, limit):
        found += [(number, one.id) for number, one in some]
        offset = some[-1][0]
    return found


def ids(log: EventLog, offset: int = 0) -> list[str]:
    return [one for _, one in read_all(log, offset)]


def test_events_are_read_in_order_from_any_offset_and_after_reopening(place: Place) -> None:
    with place.opened() as log:
        assert (log.end(), log.oldest(), log.read(0, 10)) == (0, 0, [])
        middle = log.append(events(0, 10))
        assert log.append(events(10, 10)) == log.end() > middle
        identity = log.identity
    with place.opened() as log:
        assert log.identity == identity
        everything = read_all(log)
        assert [one for _, one in everything] == [f"e{number}" for number in range(20)]
        assert ids(log, middle) == [f"e{number}" for number in range(10, 20)]
        assert everything[-1][0] == log.end()
        assert log.read(log.end(), 10) == []
        for offset in (middle, 0, log.end(), middle, log.end(), middle - 3, middle - 2):
            assert read_all(log, offset) == [one for one in everything if one[0] > offset]
        assert log.read(0, 1)[0][1] == event(0)


def test_an_id_is_appended_once_within_a_source(place: Place) -> None:
    with place.opened() as log:
        log.append([event(1), event(2), event(1)])
        end = log.end()
        assert log.append([event(2)]) == end
        log.append([event(1, source="other")])
    with place.opened() as log:
        log.append([event(1), event(3)])
        assert ids(log) == ["e1", "e2", "e1", "e3"]


def test_text_of_any_kind_comes_back_as_it_was(place: Place) -> None:
    odd = event(1, data='{"t": [{"a": "é \\u0000 \'\\" 𝄞 \\\\ 1.10", "b": null}]}')
    with place.opened() as log:
        log.append([odd])
        ((_, found),) = log.read(0, 5)
        assert (found.id, found.source, found.type, found.time) == (
            odd.id, odd.source, odd.type, odd.time,
        )  # fmt: skip
        assert json.loads(found.data) == json.loads(odd.data)


def test_several_writers_and_readers_see_one_order(place: Place) -> None:
    with place.opened() as log, ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(log.append, events(100 * one, 50)) for one in range(8)]:
            done.result()
        found = read_all(log)
        assert sorted(found) == found
        assert len({one for _, one in found}) == len(found) == 400
        with place.opened() as other:
            assert read_all(other) == found


def test_large_events_are_read_a_few_at_a_time(place: Place) -> None:
    size = 400_000
    count = READ_BYTES // size + 3
    with place.opened() as log:
        for number in range(count):
            log.append([event(number, data=f'{{"t": [{{"a": "{"x" * size}"}}]}}')])
        first = log.read(0, 10_000)
        assert 0 < len(first) < count
        assert len(read_all(log, first[-1][0], 10_000)) == count - len(first)


def test_retention_by_age_and_size_keeps_what_a_reader_needs(place: Place) -> None:
    now = datetime.now(UTC)
    with place.opened() as log:
        log.append(events(0, 10))
        needed = log.end()
        log.append(events(10, 10))
        assert log.trim(Retention(LONG, MUCH), log.end(), now) == 0
        assert log.trim(Retention(LONG, MUCH), needed, now + 2 * LONG) == 10
        assert (log.oldest(), ids(log)) == (needed, [f"e{number}" for number in range(10, 20)])
        assert ids(log, needed) == ids(log)
        assert log.trim(Retention(LONG, 1), needed, now) == 0
        end = log.end()
        assert log.trim(Retention(LONG, 1), end, now) == 10
        assert (log.oldest(), log.end(), ids(log)) == (end, end, [])
        assert log.append([event(20)]) > end  # numbers go on
        assert ids(log, end) == ["e20"]


def test_size_removes_the_oldest_events_only_until_the_rest_is_small_enough(place: Place) -> None:
    with place.opened() as log:
        for number in range(20):
            log.append([event(number, data=f'{{"t": [{{"a": "{"x" * 100_000}"}}]}}')])
        removed = log.trim(Retention(LONG, 1_000_000), log.end(), datetime.now(UTC))
        assert 8 <= removed <= 14
        assert ids(log) == [f"e{number}" for number in range(removed, 20)]


def test_dead_letters_are_kept_once_and_survive_retention(place: Place) -> None:
    with place.opened() as log:
        log.bury([letter("{"), letter("[")])
        log.bury([letter("{")])
        log.trim(Retention(LONG, 1), log.end(), datetime.now(UTC) + 2 * LONG)
    with place.opened() as log:
        assert log.dead_count() == 2
        assert [one for _, one in log.dead_letters(1)] == [letter("[")]
        assert [one.body for _, one in log.dead_letters(10)] == ["[", "{"]
        assert log.end() == 0


def test_dead_letters_are_read_in_order_and_removed_by_number(place: Place) -> None:
    with place.opened() as log:
        assert (log.read_dead(0, 10), log.dead_letters(10)) == ([], [])
        log.bury([letter(str(number)) for number in range(5)])
        found = log.read_dead(0, 10)
        assert [one.body for _, one in found] == ["0", "1", "2", "3", "4"]
        assert sorted(found, reverse=True) == log.dead_letters(10)
        first, second, *others = (number for number, _ in found)
        assert log.read_dead(second, 2) == found[2:4]
        assert log.drop([first, others[0]]) == 2
        assert log.drop([first, others[-1] + 1]) == 0
    with place.opened() as log:
        assert log.read_dead(0, 10) == [found[1], *found[3:]]
        assert log.dead_count() == 3
        log.bury([letter("0"), letter("1")])  # it may come again, and then is kept again
        assert [one.body for _, one in log.read_dead(0, 10)][-1] == "0"
        assert log.dead_count() == 4
        for limit in range(1, 6):
            assert log.dead_letters(limit) == log.read_dead(0, 10)[::-1][:limit]


def test_a_dead_letter_gets_another_reason_once(place: Place) -> None:
    with place.opened() as log:
        log.bury([letter("0"), letter("1")])
        ((first, _), _) = log.read_dead(0, 10)
        number = log.rebury(first, letter("0", "another"))
        number = log.rebury(number, letter("0", "a third"))
        assert dict(log.read_dead(0, 10))[number] == letter("0", "a third")
        assert sorted(one.body for _, one in log.read_dead(0, 10)) == ["0", "1"]
        assert log.dead_count() == 2


def test_when_an_event_was_appended_is_known(place: Place) -> None:
    with place.opened() as log:
        assert log.appended_at(0) is None
        before = datetime.now(UTC).replace(microsecond=0)
        end = log.append(events(0, 3))
        after = datetime.now(UTC)
        for offset in (0, end - 1):
            moment = log.appended_at(offset)
            assert moment is not None
            assert before <= moment <= after
        assert log.appended_at(end) is None
        log.trim(Retention(LONG, 1), end - 1, after)
        assert log.appended_at(0) == log.appended_at(end - 1)


def test_dead_letters_take_nothing_of_the_retention_of_events(place: Place) -> None:
    with place.opened() as log:
        log.append(events(0, 20))
        size = log.size()
        log.bury([letter(f"{number} {'x' * 50_000}") for number in range(20)])
        assert log.size() == size
        assert log.trim(Retention(LONG, 500_000), log.end(), datetime.now(UTC)) == 0
        assert len(ids(log)) == 20


def test_the_size_of_a_file_is_that_of_its_events(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    given = [event(number, data='{"t": [{"a": "é𝄞 \\u0000"}]}') for number in range(9)]
    size = sum(len(text.encode()) for one in given for text in astuple(one))
    with Place(str(path)).opened() as log:
        log.append(given[:5])
        with pytest.raises(SourceUnavailable):
            log.append([given[5], replace(event(100), data=object())])  # type: ignore[arg-type]
        log.append(given)
        assert log.size() == size
        log.trim(Retention(LONG, size - 1), log.end(), datetime.now(UTC))
        assert log.size() == size * 8 // 9
    with sqlite3.connect(path) as con:
        con.executescript("drop trigger event_added; drop trigger event_removed; drop table sizes")
    with Place(str(path)).opened() as log:  # a file that was made before sizes were kept
        assert log.size() == size * 8 // 9
        needed = log.end()
        log.append([event(200)])
        log.trim(Retention(LONG, 0), needed, datetime.now(UTC))
        assert log.size() == sum(len(text.encode()) for text in astuple(event(200)))


def test_a_file_that_was_made_before_headers_were_kept_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    with Place(str(path)).opened() as log:
        log.bury([letter("{")])
    with sqlite3.connect(path) as con:
        con.execute("alter table dead_letters drop column headers")
    with Place(str(path)).opened() as log:
        log.bury([replace(letter("["), headers='{"x-id": "1"}')])
        assert [one.headers for _, one in log.read_dead(0, 10)] == ["{}", '{"x-id": "1"}']


def test_what_was_acknowledged_survives_a_killed_writer_and_replays_in_order(
    place: Place,
) -> None:
    """Killed at random moments, ten times; writers go on where the last acknowledged one was."""
    chance = Random(5)
    acknowledged = 0
    for kill in range(10):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, place.text, str(kill), str(acknowledged)],
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": ":".join(PYTHON_PATH)},
        ) as writer:
            assert writer.stdout is not None
            for _ in range(chance.randrange(1, 60)):
                acknowledged = int(writer.stdout.readline())
            writer.kill()
            rest = writer.stdout.read()
        assert writer.returncode == -signal.SIGKILL
        whole = [line for line in rest.splitlines(keepends=True) if line.endswith("\n")]
        acknowledged = int(whole[-1]) if whole else acknowledged
        with place.opened() as log:
            found = ids(log)
            # A group that was in the file and not acknowledged may follow, whole.
            assert found == [f"e{number}" for number in range(len(found))]
            assert acknowledged <= len(found) < acknowledged + 20
    assert acknowledged > 100


def test_a_log_that_can_not_be_opened_says_so(tmp_path: Path) -> None:
    (tmp_path / "log.sqlite").write_text("this is no database, but it is long enough" * 100)
    with (
        pytest.raises(SourceUnavailable, match=r"log\.sqlite could not be opened.*STOREHOUSE"),
        Place.of(str(tmp_path / "log.sqlite")).opened(),
    ):
        pass


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NatsServer]:
    with nats_server(tmp_path / "nats") as found:
        yield found


def test_what_a_killed_nats_server_acknowledged_is_there_when_it_is_back(
    server: NatsServer,
) -> None:
    """The same open log goes on; what failed is sent again and is in the log once."""
    with Place(server.url).opened() as log:
        appended = 0
        for _ in range(3):
            for _ in range(20):
                log.append(events(appended, 7))
                appended += 7
            server.kill()
            with pytest.raises(
                SourceUnavailable, match=r"nats://127\.0\.0\.1:\d+ could not be writ"
            ):
                log.append(events(appended, 7))
            server.start()
            _until_written(log, events(appended, 7))
            appended += 7
        assert ids(log) == [f"e{number}" for number in range(appended)]


def test_any_number_of_failed_appends_leaves_the_log_usable(tmp_path: Path) -> None:
    """The library's own limit is 4,000 messages that are not acknowledged."""
    too_large = event(1, data=f'{{"t": [{{"a": "{"x" * 5_000}"}}]}}')
    with nats_server(tmp_path / "nats", 4096) as server, Place(server.url).opened() as log:

        def fail_and_append() -> None:
            for _ in range(4_100):
                with pytest.raises(SourceUnavailable, match=r"could not be written: .*max"):
                    log.append([event(0), too_large])
            log.append(events(0, 2))

        _ends(fail_and_append)
        assert ids(log) == ["e0", "e1"]


def test_a_server_that_is_away_for_long_leaves_the_log_usable(
    server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More appends fail than the client would keep of what it could not send."""
    large = [event(number, data=f'{{"t": [{{"a": "{"x" * 7_000}"}}]}}') for number in range(4_500)]
    assert sum(one.size for one in large[:300]) > DEFAULT_PENDING_SIZE
    with Place(server.url).opened() as log:
        log.append(events(0, 1))
        server.kill()

        def fail() -> None:
            for one in large:
                with pytest.raises(SourceUnavailable, match="could not be written"):
                    log.append([one])

        with monkeypatch.context() as patch:
            patch.setattr("storehouse.log.jetstream._SECONDS", 0.001)
            _ends(fail)
        server.start()
        _ends(lambda: _until_written(log, events(1, 2)))
        assert ids(log) == ["e0", "e1", "e2"]


def test_an_operators_settings_of_streams_stay(server: NatsServer) -> None:
    """Only too short a memory of ids is widened, to at most what the stream keeps."""
    days = 24 * 3600.0
    given = StreamConfig(
        description="ours", max_age=3 * days, max_bytes=10**8, max_msg_size=10**6,
        compression=StoreCompression.S2, allow_direct=True, metadata={"team": "shop"},
        consumer_limits=StreamConsumerLimits(max_ack_pending=77),
    )  # fmt: skip
    longer = {"duplicate_window": 2 * days}
    streams = {"storehouse_events": "storehouse.events.>", _DEAD: _DEAD_SUBJECT}
    with _nats(server) as js:
        for name, subject in streams.items():
            js.do(js.api.add_stream(given.evolve(name=name, subjects=[subject])))
        before = _configs(js, streams)
        with Place(server.url).address.opened(prepared=False):
            assert _configs(js, streams) == before
        retention = Retention(timedelta(days=2), 10**9)
        for _ in range(2):
            with LogAddress(None, server.url, retention).opened():
                assert _configs(js, streams) == [one | longer for one in before]
        with Place(server.url).opened():  # seven days, of which the stream keeps three
            longer = {"duplicate_window": 3 * days}
            assert _configs(js, streams) == [one | longer for one in before]
        with LogAddress(None, server.url, retention).opened():
            assert _configs(js, streams) == [one | longer for one in before]


def test_status_creates_no_streams(server: NatsServer, tmp_path: Path) -> None:
    project = Project(tmp_path / "project")
    project.declare("s", t={"columns": ["a"]})
    found = read_log_status(project.settings(), {EVENT_LOG: server.url}, {})
    assert found is not None
    assert "has no stream storehouse_events yet" in str(found.problem)
    with _nats(server) as js:
        assert js.do(js.api.streams_info()) == []


def test_what_an_operator_removes_from_streams_is_a_gap(server: NatsServer) -> None:
    now = datetime.now(UTC)
    with Place(server.url).opened() as log, _nats(server) as js:
        log.append(events(0, 20))
        log.bury([letter(str(number)) for number in range(6)])
        js.do(js.api.purge_stream(_DEAD, seq=3))
        js.do(js.api.delete_msg(_DEAD, 4))
        assert [one.body for _, one in log.dead_letters(10)] == ["5", "4", "2"]
        assert len(log.dead_letters(2)) == 2
        for number in (5, 10, 11, 20):
            js.do(js.api.delete_msg("storehouse_events", number))
        assert [number for number, _ in read_all(log, 3)] == [4, *range(6, 10), *range(12, 20)]
        assert log.read(19, 5) == []
        assert log.trim(Retention(LONG, MUCH), 20, now) == 0
        assert log.trim(Retention(LONG, MUCH), 9, now + 2 * LONG) == 8
        assert log.trim(Retention(LONG, MUCH), 20, now + 2 * LONG) == 8
        js.do(js.api.purge_stream(_DEAD))
        assert log.dead_letters(10) == []
        assert (log.read(0, 5), log.oldest(), log.dead_count()) == ([], 20, 0)


_DEAD, _DEAD_SUBJECT = "storehouse_dead_letters", "storehouse.dead_letters"


@dataclass(frozen=True)
class _Operator:
    """Someone with the tools of the server."""

    api: JetStreamContext
    loop: asyncio.AbstractEventLoop

    def do(self, work: Awaitable[Any]) -> Any:
        return self.loop.run_until_complete(work)


@contextmanager
def _nats(server: NatsServer) -> Iterator[_Operator]:
    loop = asyncio.new_event_loop()
    client = loop.run_until_complete(nats.connect(server.url))
    try:
        yield _Operator(client.jetstream(), loop)
    finally:
        loop.run_until_complete(client.close())
        loop.close()


def _configs(js: _Operator, names: Iterable[str]) -> list[dict[str, Any]]:
    return [asdict(js.do(js.api.stream_info(name)).config) for name in names]


def _ends(work: Callable[[], None]) -> None:
    """Run it; fails if it waits for ever."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  raised below
            errors.append(error)

    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join(60)
    assert not thread.is_alive()
    for error in errors:
        raise error


def _until_written(log: EventLog, more: list[Event]) -> None:
    """The client connects again by itself, within a second."""
    for _ in range(20):
        with suppress(SourceUnavailable):
            log.append(more)
            return
    log.append(more)


def test_a_nats_server_that_is_away_is_named_without_its_password(server: NatsServer) -> None:
    server.kill()
    with pytest.raises(SourceUnavailable) as raised:
        Place(server.url.replace("//", "//user:canary@")).opened().__enter__()
    assert "could not be opened" in str(raised.value)
    assert "canary" not in str(raised.value)


def test_what_is_no_cloud_event_is_read_as_one_that_no_table_takes(server: NatsServer) -> None:
    texts = [
        b"\xff\xfe",
        b"{}",
        b'{"id": 1}',
        b'{"id": "1", "source": "other", "type": "", "time": "", "data": {}}',
    ]

    async def publish() -> None:
        client = await nats.connect(server.url)
        for text in texts:
            await client.jetstream().publish("storehouse.events.s", text)
        await client.close()

    with Place(server.url).opened() as log:
        asyncio.run(publish())
        found = [one for _, one in log.read(0, 10)]
        assert {(one.source, one.type) for one in found} == {("s", "unreadable")}
        for one in found:
            with pytest.raises(Refused):
                Contract([]).read(one.data)
