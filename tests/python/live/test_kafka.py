"""What is Kafka's own of an event log on it; what any log promises is in test_log.py."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._resource import ResourceType
from confluent_kafka.cimpl import NewTopic

from live.conftest import Place
from live.kafka_broker import KafkaBroker, kafka_broker
from live.logs import event, events, letter
from live.receiving import ENVIRON, receiving
from loaders.project import Project
from storehouse.core.errors import ConfigError, SourceUnavailable
from storehouse.log.event_log import EventLog, Retention
from storehouse.log.opening import EVENT_LOG, LogAddress, log_address
from storehouse.serving.log_status import read_log_status
from storehouse.sources.events.contract import Contract, Refused
from warehouse.shop import Home

TOPICS = ("events", "events_dead_letters")
# Appends groups of seven for ever, and says what was acknowledged.
WRITER = """
import sys
from datetime import timedelta
from pathlib import Path
from live.logs import events
from storehouse.log.event_log import Retention
from storehouse.log.opening import LogAddress
address = LogAddress(None, sys.argv[1], Retention(timedelta(days=7), 10**9), Path(sys.argv[2]))
first = int(sys.argv[3])
with address.opened() as log:
    while True:
        log.append(events(first, 7))
        first += 7
        print(first, flush=True)
"""


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[KafkaBroker]:
    with kafka_broker(tmp_path / "kafka") as found:
        yield found


@dataclass(frozen=True)
class Writer:
    """A home that writes to the log, with an index of what is in it."""

    folder: Path
    broker: KafkaBroker

    def opened(self) -> AbstractContextManager[EventLog]:
        retention = Retention(timedelta(days=7), 10**9)
        return LogAddress(None, self.broker.url, retention, self.folder).opened()


def address_of(broker: KafkaBroker) -> dict[str, Any]:
    return {"bootstrap.servers": f"127.0.0.1:{broker.port}"}


def ids(log: EventLog) -> list[str]:
    return [one.id for _, one in log.read(0, 100_000)]


def test_writers_of_one_home_append_an_id_once_though_they_write_at_once(
    broker: KafkaBroker, tmp_path: Path
) -> None:
    home = Writer(tmp_path / "home", broker)

    def write(first: int) -> None:
        with home.opened() as log:
            for number in range(first, 60):
                log.append(events(number, 20))

    with ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(write, first) for first in (0, 5, 10)]:
            done.result()
    with home.opened() as log:
        found = ids(log)
    assert len(found) == len(set(found)) == 79


def test_writers_of_one_home_that_are_killed_leave_no_id_twice(
    broker: KafkaBroker, tmp_path: Path
) -> None:
    """Killed between the topic and the index as well: what the index lacks is read again."""
    chance = Random(3)
    acknowledged = 0
    for _ in range(8):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, broker.url, str(tmp_path), str(acknowledged)],
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": ":".join(path for path in sys.path if path)},
        ) as writer:
            assert writer.stdout is not None
            for _ in range(chance.randrange(1, 40)):
                acknowledged = int(writer.stdout.readline())
            writer.kill()
            rest = writer.stdout.read()
        whole = [line for line in rest.splitlines(keepends=True) if line.endswith("\n")]
        acknowledged = int(whole[-1]) if whole else acknowledged
        with Writer(tmp_path, broker).opened() as log:
            found = ids(log)
        assert found == [f"e{number}" for number in range(len(found))]
        assert acknowledged <= len(found) <= acknowledged + 7
    assert acknowledged > 50


def test_another_home_knows_what_is_in_the_topic(broker: KafkaBroker, tmp_path: Path) -> None:
    with Writer(tmp_path / "one", broker).opened() as log:
        end = log.append(events(0, 30))
        log.bury([letter("{")])
    with Writer(tmp_path / "two", broker).opened() as log:
        assert log.append(events(0, 31)) == end + 1
        log.bury([letter("{"), letter("[")])
        assert log.dead_count() == 2
    with Writer(tmp_path / "one", broker).opened() as log:
        assert log.append(events(0, 31)) == end + 1
        assert log.dead_count() == 2


def test_an_index_that_is_lost_is_made_again(broker: KafkaBroker, tmp_path: Path) -> None:
    home = Writer(tmp_path / "home", broker)
    with home.opened() as log:
        log.append(events(0, 30))
        log.bury([letter("{"), letter("[")])
        log.drop([1])
    for file in (tmp_path / "home").iterdir():
        file.unlink()
    with home.opened() as log:
        log.append(events(25, 10))
        assert ids(log) == [f"e{number}" for number in range(35)]
        assert [one.body for _, one in log.read_dead(0, 10)] == ["["]


def test_an_index_of_a_topic_that_was_made_anew_is_not_believed(
    broker: KafkaBroker, tmp_path: Path
) -> None:
    home = Writer(tmp_path / "home", broker)
    for first, count in ((0, 30), (0, 10), (5, 40)):  # a shorter one, and one with others
        with home.opened() as log:
            log.append(events(first, count))
            assert ids(log) == [f"e{number}" for number in range(first, first + count)]
        admin = AdminClient(address_of(broker))
        for done in admin.delete_topics(list(TOPICS)).values():
            done.result(10)


def test_events_that_another_removed_are_forgotten(broker: KafkaBroker, tmp_path: Path) -> None:
    """As SQLite: an id is known as long as its event is in the log."""
    home = Writer(tmp_path / "home", broker)
    with home.opened() as log, Writer(tmp_path / "other", broker).opened() as other:
        end = log.append(events(0, 10))
        now = datetime.now(UTC) + timedelta(days=8)
        assert other.trim(Retention(timedelta(days=7), 10**9), end - 4, now) == 6
        assert log.append(events(0, 10)) == end + 6
        assert ids(log)[:4] == ["e6", "e7", "e8", "e9"]


def test_a_broker_that_was_away_takes_up_again(broker: KafkaBroker, tmp_path: Path) -> None:
    """The same open log goes on; what failed is sent again and is in the log once."""
    with Writer(tmp_path / "home", broker).opened() as log:
        for first in (0, 10):
            log.append(events(first, 5))
            broker.stop()
            with pytest.raises(
                SourceUnavailable, match=r"kafka://127\.0\.0\.1:\d+/events could not be writ"
            ):
                log.append(events(first + 5, 5))
            broker.start()
            log.append(events(first + 5, 5))
        assert ids(log) == [f"e{number}" for number in range(20)]


def test_a_message_that_is_too_large_fails_alone(broker: KafkaBroker, tmp_path: Path) -> None:
    too_large = event(1, data=f'{{"t": [{{"a": "{"x" * 1_100_000}"}}]}}')
    with Writer(tmp_path / "home", broker).opened() as log:
        for _ in range(3):
            with pytest.raises(SourceUnavailable, match=r"could not be written: .*large"):
                log.append([event(0), too_large])
        log.append(events(0, 1))
        log.append(events(2, 1))
        assert ids(log) == ["e0", "e2"]


def test_an_operators_topics_stay_as_they_are(broker: KafkaBroker, tmp_path: Path) -> None:
    admin = AdminClient(address_of(broker))
    asked = [ConfigResource(ResourceType.TOPIC, name) for name in TOPICS]

    def settings() -> list[tuple[str, str]]:
        found = admin.describe_configs(asked)
        return [(one.name, str(found[one].result(10)["retention.ms"].value)) for one in asked]

    new = [NewTopic(name, 1, 1, config={"retention.ms": "86400000"}) for name in TOPICS]
    for done in admin.create_topics(new).values():
        done.result(10)
    before = settings()
    assert before == [(name, "86400000") for name in TOPICS]
    with Writer(tmp_path / "home", broker).opened() as log:
        log.append(events(0, 3))
    assert settings() == before


def test_a_topic_that_it_makes_keeps_all_until_it_is_trimmed(
    broker: KafkaBroker, tmp_path: Path
) -> None:
    with Writer(tmp_path / "home", broker).opened():
        pass
    resource = ConfigResource(ResourceType.TOPIC, "events")
    admin = AdminClient(address_of(broker))
    configs = admin.describe_configs([resource])[resource].result(10)
    found = {name: one.value for name, one in configs.items()}
    assert (found["retention.ms"], found["retention.bytes"]) == ("-1", "-1")


def test_several_partitions_have_no_order(broker: KafkaBroker, tmp_path: Path) -> None:
    admin = AdminClient(address_of(broker))
    admin.create_topics([NewTopic("events", 3, 1)])["events"].result(10)
    with (
        pytest.raises(SourceUnavailable, match="events has 3 partitions, and the log needs one"),
        Writer(tmp_path / "home", broker).opened(),
    ):
        pass


def test_status_creates_no_topics(broker: KafkaBroker, tmp_path: Path) -> None:
    project = Project(tmp_path / "project")
    project.declare("s", t={"columns": ["a"]})
    found = read_log_status(project.settings(), {EVENT_LOG: broker.url}, {})
    assert found is not None
    assert "has no topic events yet" in str(found.problem)
    assert not set(TOPICS) & set(AdminClient(address_of(broker)).list_topics(timeout=10).topics)


@pytest.mark.parametrize(
    "url", ["kafka://", "kafka:///events", "kafka://u:canary@h:1/t", "kafka://h:1/a/b"]
)
def test_an_address_that_can_not_be_used_is_refused_without_its_password(
    tmp_path: Path, url: str
) -> None:
    address = log_address(Home(tmp_path).settings, {EVENT_LOG: url})
    with pytest.raises(ConfigError, match="kafka://HOST:PORT/TOPIC") as raised:
        address.opened().__enter__()
    assert "canary" not in str(raised.value)


def test_what_is_no_cloud_event_is_read_as_one_that_no_table_takes(
    broker: KafkaBroker, tmp_path: Path
) -> None:
    texts = [
        b"\xff\xfe",
        b"{}",
        None,
        b'{"id": "1", "source": "o", "type": "", "time": "", "data": 1}',
    ]
    with Writer(tmp_path / "home", broker).opened() as log:
        producer = Producer(address_of(broker))
        for text in texts:
            producer.produce("events", text, b"s", 0)
        producer.flush(10)
        found = [one for _, one in log.read(0, 10)]
        assert {(one.source, one.type) for one in found} == {("s", "unreadable")}
        for one in found:
            with pytest.raises(Refused):
                Contract([]).read(one.data)
        log.append(events(0, 2))
        assert ids(log)[4:] == ["e0", "e1"]


def test_records_of_transactions_leave_gaps(broker: KafkaBroker, tmp_path: Path) -> None:
    """Also at the end: a mark of a transaction has an offset, and is no record."""
    with Writer(tmp_path / "home", broker).opened() as log:
        log.append(events(0, 2))
        other = Producer({**address_of(broker), "transactional.id": "another"})
        other.init_transactions(10)
        for text, ends in ((b"{}", other.commit_transaction), (b"[]", other.abort_transaction)):
            other.begin_transaction()
            other.produce("events", text, b"s", 0)
            other.flush(10)
            ends(10)
        assert log.end() > 4
        numbers = [number for number, _ in log.read(0, 10)]
        assert numbers == [1, 2, 3]
        assert log.read(3, 10) == []
        assert log.appended_at(3) is None
        assert log.append(events(0, 3)) == log.end() > 5
        assert [one.id for _, one in log.read(3, 10)] == ["e2"]


def test_receiver_load_and_status_work_on_kafka(broker: KafkaBroker, tmp_path: Path) -> None:
    home = Home(tmp_path / "home", environ={**ENVIRON, EVENT_LOG: broker.url})
    with receiving(home) as client:
        for _ in range(2):
            assert client.send("k1").status_code == 200
        assert client.post("no", event_id="k2").status_code == 202
        assert client.post("x" * 200_000, event_id="k3").status_code == 413
    home.storehouse("load")
    assert home.query("select count(*) from raw_shop.payments") == [(1,)]
    status = home.storehouse("status")["log"]
    assert status["readers"] == [{"source": "shop", "offset": 1, "behind": 0}]
    assert (status["address"], status["dead_letters"]) == (broker.url, 1)
    assert Place.of(broker.url).address.exists
