"""The event log on Kafka: a topic of one partition for events, and one for dead letters.

Each event is a CloudEvent in structured mode. Its key is its source, and its header `ce_id` its
id: an index of ids in a file of this machine (kafka_index.py) tells what is in the topic already.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from storehouse.core.errors import ConfigError
from storehouse.log.event_log import READ_BYTES, Retention, unavailable
from storehouse.log.events import DeadLetter, Event, as_json, from_json
from storehouse.log.kafka_address import KafkaAccess, kafka_address

try:
    from confluent_kafka import KafkaException, Message

    from storehouse.log.kafka_known import KnownTopic
    from storehouse.log.kafka_topic import Draft, Topic, number_of
except ImportError as error:
    raise ConfigError(
        "An event log on Kafka needs the extra `kafka`: run `make env`, or "
        "`pip install 'storehouse[kafka]'`."
    ) from error

_DEAD = "_dead_letters"
_ID = "ce_id"
_CONTENT = ("content-type", b"application/cloudevents+json; charset=UTF-8")
# Only `trim` removes events, and only `drop` dead letters.
_SETTINGS = {
    "cleanup.policy": "delete",
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "message.timestamp.type": "LogAppendTime",
}
_DEAD_SETTINGS = {"cleanup.policy": "compact", "delete.retention.ms": str(10 * 365 * 86_400_000)}
# The most bytes of a message by default, and how much a dead letter's body may grow as JSON.
_LARGEST_MESSAGE = 1_000_000
_MOST_ESCAPED = 8
_SAMPLE = 100


class KafkaLog:
    """See event_log.EventLog. Raises SourceUnavailable if no broker can be reached.

    `folder` is where the index is kept; without one it is made anew each time.
    """

    largest: int | None = _LARGEST_MESSAGE // _MOST_ESCAPED

    def __init__(
        self, url: str, folder: Path | None, access: KafkaAccess, *, prepared: bool = True
    ) -> None:
        """With `prepared`, topics that are missing are created; others stay as they are."""
        address = kafka_address(url, access)
        self.name = address.name
        self._topics: list[Topic] = []
        with self._doing("opened"), ExitStack() as failed:
            opened = []
            for name, settings, key_of in (
                (address.topic, _SETTINGS, _event_key),
                (address.topic + _DEAD, _DEAD_SETTINGS, _letter_key),
            ):
                topic = Topic(address.properties, name)
                failed.callback(topic.close)
                self._topics.append(topic)
                _prepare(topic, settings, prepared=prepared)
                place = sha256(f"{address.brokers} {topic.name}".encode()).hexdigest()[:16]
                path = folder and folder / f"kafka_{place}.sqlite"
                opened.append(KnownTopic(topic, path, key_of))
            failed.pop_all()
        self._events, self._dead = opened
        self.identity = self._events.identity

    def append(self, events: Sequence[Event]) -> int:
        drafts: dict[bytes, Draft] = {}
        for one in events:
            headers = ((_ID, one.id.encode()), _CONTENT)
            draft = Draft(one.source.encode(), as_json(one).encode(), headers)
            drafts.setdefault(_key(one.source, one.id), draft)
        with self._doing("written"), self._events.held():
            self._events.append(drafts)
        return self.end()

    def read(self, offset: int, limit: int) -> list[tuple[int, Event]]:
        found: list[tuple[int, Event]] = []
        size = 0
        with self._doing("read"):
            low, high = self._events.topic.bounds()
            start = max(offset, low)
            for message in self._events.topic.read(start, min(high, start + limit)):
                size += len(message.value() or b"")
                if found and size > READ_BYTES:
                    break
                found.append((number_of(message), _event(message)))
        return found

    def end(self) -> int:
        with self._doing("read"):
            return self._events.topic.bounds()[1]

    def oldest(self) -> int:
        with self._doing("read"):
            return self._events.topic.bounds()[0]

    def appended_at(self, offset: int) -> datetime | None:
        with self._doing("read"):
            message = self._events.topic.look(offset)
        if message is None:
            return None
        _, moment = message.timestamp()
        return datetime.fromtimestamp(moment / 1000, UTC)

    def trim(self, retention: Retention, needed: int, now: datetime) -> int:
        until = int((now - retention.age).timestamp() * 1000)
        with self._doing("trimmed"), self._events.held() as index:
            _, size = index.count_and_bytes()
            surplus = size - retention.size
            last = 0
            for number, length, appended_at in index.oldest(needed):
                if appended_at >= until and surplus <= 0:
                    break
                last = number
                surplus -= length
            if last == 0:
                return 0
            self._events.topic.remove(last)
            return index.forget(last)

    def size(self) -> int:
        """The average of the last records, times how many there are."""
        with self._doing("read"):
            low, high = self._events.topic.bounds()
            last = self._events.topic.read(max(low, high - _SAMPLE), high)
            sizes = [len(one.value() or b"") for one in last]
        return (high - low) * sum(sizes) // len(sizes) if sizes else 0

    def bury(self, letters: Sequence[DeadLetter]) -> None:
        with self._doing("written"), self._dead.held():
            self._dead.append({_key(*_once(one)): _draft(one) for one in letters})

    def dead_letters(self, limit: int) -> list[tuple[int, DeadLetter]]:
        with self._doing("read"):
            with self._dead.held() as index:
                numbers = index.newest(limit)
            return list(self._letters(numbers))

    def read_dead(self, number: int, limit: int) -> list[tuple[int, DeadLetter]]:
        found: list[tuple[int, DeadLetter]] = []
        size = 0
        with self._doing("read"):
            with self._dead.held() as index:
                numbers = index.numbers(number, limit)
            for one in self._letters(numbers):
                size += one[1].size
                if found and size > READ_BYTES:
                    break
                found.append(one)
        return found

    def _letters(self, numbers: Sequence[int]) -> Iterator[tuple[int, DeadLetter]]:
        for number in numbers:
            message = self._dead.topic.look(number - 1)
            if message is not None and number_of(message) == number:
                yield number, DeadLetter(**json.loads(message.value() or b""))

    def rebury(self, number: int, letter: DeadLetter) -> int:
        with self._doing("written"), self._dead.held():
            (number,) = self._dead.replace({_key(*_once(letter)): _draft(letter)})
            return number

    def drop(self, numbers: Sequence[int]) -> int:
        with self._doing("written"), self._dead.held() as index:
            keys = [key for number in numbers if (key := index.key_of(number)) is not None]
            return len(self._dead.replace({key: Draft(key.hex().encode(), None) for key in keys}))

    def dead_count(self) -> int:
        with self._doing("read"), self._dead.held() as index:
            return index.count_and_bytes()[0]

    def close(self) -> None:
        self._events.close()
        self._dead.close()

    @contextmanager
    def _doing(self, done: str) -> Iterator[None]:
        try:
            yield
        except KafkaException as error:
            reason = self._refusal() or error.args[0].str()
            raise unavailable(self.name, done, OSError(reason)) from error
        except TimeoutError as error:
            raise unavailable(self.name, done, OSError(self._refusal() or str(error))) from error
        except (sqlite3.Error, OSError) as error:
            raise unavailable(self.name, done, error) from error
        for topic in self._topics:
            topic.refusal.reason = ""

    def _refusal(self) -> str:
        """Why no connection is made, if broker or client refuses one."""
        reasons = (topic.refusal.reason for topic in self._topics)
        return next(filter(None, reasons), "")


def _prepare(topic: Topic, settings: Mapping[str, str], *, prepared: bool) -> None:
    """Create a topic that is missing. Raises OSError if it may not be."""
    if topic.exists():
        return
    if not prepared:
        raise OSError(
            f"it has no topic {topic.name} yet, which `storehouse receive` and `load` create"
        )
    topic.create(settings)


def _text(value: str | bytes | None) -> str:
    return value if isinstance(value, str) else (value or b"").decode(errors="backslashreplace")


def _event(message: Message) -> Event:
    return from_json(_text(message.value()), _text(message.key()), number_of(message))


def _event_key(message: Message) -> bytes:
    headers = dict(message.headers() or ())
    if _ID in headers:
        return _key(_text(message.key()), _text(headers[_ID]))
    event = _event(message)  # of a producer that is not ours
    return _key(event.source, event.id)


def _once(letter: DeadLetter) -> tuple[str, str, str]:
    """What a letter is kept once for."""
    return letter.source, letter.id, letter.body


def _draft(letter: DeadLetter) -> Draft:
    value = json.dumps(asdict(letter), ensure_ascii=False).encode()
    return Draft(_key(*_once(letter)).hex().encode(), value)


def _letter_key(message: Message) -> bytes:
    return bytes.fromhex(_text(message.key()))


def _key(*texts: str) -> bytes:
    return sha256("\0".join(texts).encode()).digest()
