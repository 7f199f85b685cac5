"""A topic of Kafka whose records are kept once for each key: the topic and its index."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from confluent_kafka import Message

from storehouse.log.kafka_index import Index, Record
from storehouse.log.kafka_topic import Draft, Topic, number_of


class KnownTopic:
    """`key_of` a record is that of its draft. Errors are those of Topic, and sqlite3.Error.

    Writers of one home exclude each other, so what one has appended the next knows. Of writers
    with indexes of their own, two may append the same key within the same moment.
    """

    def __init__(
        self, topic: Topic, index_path: Path | None, key_of: Callable[[Message], bytes]
    ) -> None:
        self.topic = topic
        self.identity = topic.identity()
        self.index = Index(index_path)
        self._key_of = key_of
        self._lock = Lock()
        self._is_compared = False

    @contextmanager
    def held(self) -> Iterator[Index]:
        """The index of all that is in the topic; no other writer of this home appends."""
        with self._lock, self.index.held():
            self._read_on()
            yield self.index

    def _read_on(self) -> None:
        low, high = self.topic.bounds()
        position = self.index.position(self.identity)
        newest = max([position, *self.index.newest(1)])  # ours may be after those of others
        if newest > high or not self._is_same(newest):
            self.index.forget(newest)
            position = 0
        self.index.forget(low)
        found = self.topic.read(max(position, low), high)
        self.index.add(self._record(one, self._key_of(one)) for one in found)
        self.index.move(self.identity, high)

    def _is_same(self, number: int) -> bool:
        """Whether the topic has the newest record: it may have been restored from a backup."""
        if self._is_compared or (key := self.index.key_of(number)) is None:
            return True
        self._is_compared = True
        message = self.topic.look(number - 1)
        return message is None or number_of(message) > number or self._key_of(message) == key

    def append(self, drafts: Mapping[bytes, Draft]) -> None:
        """Append drafts whose keys are new, in order; for the block of `held`."""
        new = {key: draft for key, draft in drafts.items() if not self.index.has(key)}
        self.replace(new)

    def replace(self, drafts: Mapping[bytes, Draft]) -> list[int]:
        """Append drafts in the place of records of the same keys; returns their numbers."""
        if not drafts:
            return []
        messages = self.topic.append(list(drafts.values()))
        self.index.add(map(self._record, messages, drafts))
        return [number_of(one) for one in messages]

    def _record(self, message: Message, key: bytes) -> Record:
        _, appended_at = message.timestamp()
        return Record(number_of(message), key, len(message.value() or b""), appended_at)

    def close(self) -> None:
        self.index.close()
        self.topic.close()
