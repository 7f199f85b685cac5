"""A topic of Kafka with one partition, whose offsets are one order.

A record's number is its offset and 1, so that a reader begins at 0. Errors are the library's
KafkaException; `TimeoutError` if the broker answers nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Lock
from typing import Any

from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._topic import TopicDescription
from confluent_kafka.cimpl import NewTopic

SECONDS = 5.0
_PRODUCED_AT_ONCE = 1_000
_CONSUMED_AT_ONCE = 100
_POLL_SECONDS = 0.05
_FEW_BYTES = 64 * 1024
_COMMON: Mapping[str, Any] = {
    "log_level": 0,
    "reconnect.backoff.max.ms": 500,
    "socket.timeout.ms": int(SECONDS * 1000),
}
_CONSUMER: Mapping[str, Any] = {
    "group.id": "storehouse",  # the library wants one; nothing is committed to it
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "auto.offset.reset": "error",
    "enable.partition.eof": True,  # marks of transactions have offsets, and are not read
    "fetch.queue.backoff.ms": 1,
}
# By TLS, of a certificate; by SASL, of a password.
_REFUSED = (KafkaError._SSL, KafkaError._AUTHENTICATION)  # noqa: SLF001  their names


@dataclass(frozen=True)
class Draft:
    """A record to append; without a value it says that the one of this key is gone."""

    key: bytes
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


class Refusal:
    """Why a connection was refused last: calls fail for want of one, and don't say why.

    Other errors of connections are left out: they are restored, and each call raises its own.
    """

    def __init__(self) -> None:
        self.reason = ""

    def __call__(self, error: KafkaError) -> None:
        if error.code() in _REFUSED:
            self.reason = error.str()


class Topic:
    """See the module. All methods are safe to call from any thread."""

    def __init__(self, properties: Mapping[str, str], name: str) -> None:
        """`properties` are the client's: brokers, and how they are reached."""
        self.name = name
        self.refusal = Refusal()
        self._config = {**_COMMON, **properties, "error_cb": self.refusal}
        self._admin = AdminClient(self._config)
        self._lock = Lock()
        self._reader = Consumer({**self._config, **_CONSUMER})
        self._reads_from: int | None = None
        few = {
            "fetch.message.max.bytes": _FEW_BYTES,
            "queued.max.messages.kbytes": 64,
            "fetch.wait.max.ms": 5,
        }
        self._looker = Consumer({**self._config, **_CONSUMER, **few})
        self._producer: Producer | None = None

    def exists(self) -> bool:
        return self.name in self._admin.list_topics(timeout=SECONDS).topics

    def create(self, settings: Mapping[str, str]) -> None:
        """Create it with one partition, as many copies as the broker has by default."""
        new = NewTopic(self.name, 1, -1, config=dict(settings))
        try:
            self._admin.create_topics([new], request_timeout=SECONDS)[self.name].result(SECONDS)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise

    def identity(self) -> str:
        """Differs for each topic of this name. Raises OSError if it has several partitions."""
        found = self._described()
        if len(found.partitions) != 1:
            raise OSError(
                f"topic {self.name} has {len(found.partitions)} partitions, and the log needs one, "
                "whose offsets are the order of events"
            )
        return f"{self._admin.list_topics(timeout=SECONDS).cluster_id} {found.topic_id}"

    def _described(self) -> TopicDescription:
        """A topic that was just created is not known to all brokers at once."""
        deadline = time.monotonic() + SECONDS
        asked = TopicCollection([self.name])
        while True:
            found = self._admin.describe_topics(asked, request_timeout=SECONDS)[self.name]
            try:
                described: TopicDescription = found.result(SECONDS)
            except KafkaException as error:
                is_new = error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART
                if not is_new or time.monotonic() > deadline:
                    raise
                time.sleep(_POLL_SECONDS)
            else:
                return described

    def bounds(self) -> tuple[int, int]:
        """The number before the first record, and that of the last."""
        partition = TopicPartition(self.name, 0)
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                found = self._looker.get_watermark_offsets(partition, timeout=SECONDS, cached=False)
            except KafkaException as error:
                if error.args[0].code() != KafkaError._UNKNOWN_PARTITION:  # noqa: SLF001  its name
                    raise
                if time.monotonic() > deadline:
                    raise OSError(f"no broker has its topic {self.name}") from error
                time.sleep(_POLL_SECONDS)  # while the connection is restored
                continue
            if found is None:
                raise TimeoutError("the broker does not answer")
            low, high = found
            return low, high

    def read(self, number: int, until: int) -> Iterator[Message]:
        """Records after `number` up to `until`, in order; there may be gaps, also at the end."""
        if number >= until:
            return
        with self._lock:
            if self._reads_from != number:
                self._reader.assign([TopicPartition(self.name, 0, number)])
            deadline = time.monotonic() + SECONDS
            while number < until:
                self._reads_from = None  # unless all of these are taken
                wanted = min(until - number, _CONSUMED_AT_ONCE)
                for message in self._reader.consume(wanted, _POLL_SECONDS):
                    deadline = time.monotonic() + SECONDS
                    if _is_end(message):
                        if number_of(message) > until:
                            return
                        continue
                    number = number_of(message)
                    if number > until:
                        return
                    yield message
                self._reads_from = number
                if time.monotonic() > deadline:
                    raise TimeoutError("the broker does not answer")

    def look(self, number: int) -> Message | None:
        """The first record after `number`; None at the end."""
        low, high = self.bounds()
        start = max(number, low)
        if start >= high:
            return None
        with self._lock:
            self._looker.assign([TopicPartition(self.name, 0, start)])
            try:
                for message in self._looker.consume(1, SECONDS):
                    return None if _is_end(message) else message
            finally:
                self._looker.unassign()
        raise TimeoutError("the broker does not answer")

    def append(self, drafts: Sequence[Draft]) -> list[Message]:
        """Append in order; returns them once all are acknowledged by all copies.

        After an error some of them may be there, now or soon.
        """
        done: list[Message] = []
        for start in range(0, len(drafts), _PRODUCED_AT_ONCE):
            done += self._appended(drafts[start : start + _PRODUCED_AT_ONCE])
        return done

    def _appended(self, drafts: Sequence[Draft]) -> list[Message]:
        done: list[Message] = []
        errors: list[KafkaError] = []

        def take(error: KafkaError | None, message: Message) -> None:
            if error is None:
                done.append(message)
            else:
                errors.append(error)

        producer = self._producer or self._new_producer()
        self._producer = None  # one that failed is not used again
        try:
            for one in drafts:
                producer.produce(
                    self.name, one.value, one.key, 0, headers=list(one.headers), on_delivery=take
                )
            producer.flush(2 * SECONDS)
        except BaseException:
            producer.purge()
            raise
        if errors or len(done) < len(drafts):
            producer.purge()
            raise KafkaException(*errors[:1]) if errors else TimeoutError("no acknowledgement")
        self._producer = producer
        return sorted(done, key=number_of)

    def _new_producer(self) -> Producer:
        more = {"enable.idempotence": True, "acks": "all", "linger.ms": 1}
        timeout = {"message.timeout.ms": int(SECONDS * 1000)}
        return Producer({**self._config, **more, **timeout})

    def remove(self, until: int) -> None:
        """Remove records up to number `until`."""
        partition = TopicPartition(self.name, 0, until)
        asked = self._admin.delete_records([partition], request_timeout=SECONDS)
        asked[partition].result(SECONDS)

    def close(self) -> None:
        for consumer in (self._reader, self._looker):
            with suppress(KafkaException, RuntimeError):  # the broker may be gone
                consumer.close()


def _is_end(message: Message) -> bool:
    """Whether it only says that the topic ends here, before its offset. Raises KafkaException."""
    error = message.error()
    if error is not None and error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001  its name
        raise KafkaException(error)
    return error is not None


def number_of(message: Message) -> int:
    offset = message.offset()
    assert offset is not None  # noqa: S101  a record that was read has one
    return offset + 1
