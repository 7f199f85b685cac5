"""The event log on a NATS server: two streams of JetStream, for events and for dead letters.

Each source has a subject, and each event is a CloudEvent in structured mode, whose id the server
uses to drop duplicates. The server acknowledges what it has written; whether it then has reached
the disk is the server's setting: `sync_interval: always` under `jetstream` (docs/live.md).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Thread
from typing import Any, TypeVar
from urllib.parse import urlsplit

from storehouse.core.errors import ConfigError
from storehouse.log.event_log import READ_BYTES, Retention, unavailable
from storehouse.log.events import DeadLetter, Event, as_json, from_json

try:
    import nats
    from nats.js import JetStreamContext
    from nats.js.api import ConsumerConfig, DeliverPolicy, RetentionPolicy, StreamConfig, StreamInfo
    from nats.js.errors import NotFoundError
except ImportError as error:
    raise ConfigError(
        "An event log on NATS needs the extra `nats`: run `make env`, or "
        "`pip install 'storehouse[nats]'`."
    ) from error

_EVENTS, _DEAD = "storehouse_events", "storehouse_dead_letters"
_SUBJECT = "storehouse.events."
_DEAD_SUBJECT = "storehouse.dead_letters"
_ID = "Nats-Msg-Id"
_SECONDS = 10.0
_TRIMMED_AT_ONCE = 1_000
# Messages in flight at once, as the server's own limit for one publisher allows.
_AT_ONCE = 1_000
_Result = TypeVar("_Result")


class JetStreamLog:
    """See event_log.EventLog. Raises SourceUnavailable if the server can't be reached.

    Its connection lives in an event loop of its own thread, for callers of any thread.
    """

    def __init__(self, url: str, duplicate_window: timedelta) -> None:
        address = urlsplit(url)
        self.name = f"{address.scheme}://{address.hostname}:{address.port or 4222}"
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="nats", daemon=True)
        self._thread.start()
        try:
            self._client, self._js, self.identity = self._do(
                "opened", _connected(url, duplicate_window)
            )
        except BaseException:
            self._end_loop()
            raise
        self.largest: int | None = self._client.max_payload - 1024  # for its headers

    def append(self, events: Sequence[Event]) -> int:
        self._do("written", self._published(events))
        return self.end()

    def read(self, offset: int, limit: int) -> list[tuple[int, Event]]:
        return self._do("read", self._read(offset, limit))

    def end(self) -> int:
        return int(self._info(_EVENTS).state.last_seq)

    def oldest(self) -> int:
        return max(int(self._info(_EVENTS).state.first_seq) - 1, 0)

    def trim(self, retention: Retention, needed: int, now: datetime) -> int:
        before = self._info(_EVENTS).state
        kept_from = self._do("trimmed", self._kept_from(retention, needed, now))
        if kept_from > before.first_seq:
            self._do("trimmed", self._js.purge_stream(_EVENTS, seq=kept_from))
        return int(before.messages - self._info(_EVENTS).state.messages)

    def bury(self, letters: Sequence[DeadLetter]) -> None:
        async def publish() -> None:
            for one in letters:
                text = json.dumps(asdict(one)).encode()
                number = sha256(f"{one.source}\0{one.id}\0{one.body}".encode()).hexdigest()
                await self._js.publish(_DEAD_SUBJECT, text, headers={_ID: number})

        self._do("written", publish())

    def dead_letters(self, limit: int) -> list[DeadLetter]:
        async def read() -> list[DeadLetter]:
            state = (await self._js.stream_info(_DEAD)).state
            found = []
            for number in range(state.last_seq, max(state.last_seq - limit, 0), -1):
                message = await self._js.get_msg(_DEAD, number)
                found.append(DeadLetter(**json.loads(message.data or b"")))
            return found

        return self._do("read", read())

    def dead_count(self) -> int:
        return int(self._info(_DEAD).state.messages)

    def size(self) -> int:
        return int(self._info(_EVENTS).state.bytes)

    def close(self) -> None:
        with suppress(Exception):  # the server may be gone
            asyncio.run_coroutine_threadsafe(self._client.close(), self._loop).result(_SECONDS)
        self._end_loop()

    async def _published(self, events: Sequence[Event]) -> None:
        """Publish in order; a group that fails half-way is sent again by its sender, as a whole."""
        for start in range(0, len(events), _AT_ONCE):
            acks = [
                await self._js.publish_async(
                    _SUBJECT + one.source,
                    as_json(one).encode(),
                    headers={_ID: sha256(f"{one.source}\0{one.id}".encode()).hexdigest()},
                )
                for one in events[start : start + _AT_ONCE]
            ]
            await asyncio.wait_for(asyncio.gather(*acks), _SECONDS)

    async def _read(self, offset: int, limit: int) -> list[tuple[int, Event]]:
        """Through a consumer that the server forgets again."""
        state = (await self._js.stream_info(_EVENTS)).state
        first = max(offset + 1, state.first_seq)
        if first > state.last_seq:
            return []
        config = ConsumerConfig(deliver_policy=DeliverPolicy.BY_START_SEQUENCE, opt_start_seq=first)
        found: list[tuple[int, Event]] = []
        size = 0
        subscription = await self._js.subscribe(
            _SUBJECT + ">", stream=_EVENTS, ordered_consumer=True, config=config
        )
        try:
            while len(found) < limit and size < READ_BYTES:
                message = await subscription.next_msg(timeout=_SECONDS)
                number = message.metadata.sequence.stream
                size += len(message.data)
                source = message.subject.removeprefix(_SUBJECT)
                text = message.data.decode(errors="backslashreplace")
                found.append((number, from_json(text, source, number)))
                if number >= state.last_seq:
                    break
        finally:
            await subscription.unsubscribe()
        return found

    async def _kept_from(self, retention: Retention, needed: int, now: datetime) -> int:
        """The number of the first event to keep."""
        info = await self._js.stream_info(_EVENTS)
        number, size = int(info.state.first_seq), int(info.state.bytes)
        until = now - retention.age
        while number <= min(needed, info.state.last_seq):
            try:
                message = await self._js.get_msg(_EVENTS, number)
            except NotFoundError:
                number += 1
                continue
            at = message.time
            if size <= retention.size and at is not None and at >= until:
                break
            size -= len(message.data or b"") + len(message.subject or "")
            number += 1
        return number

    def _info(self, stream: str) -> StreamInfo:
        return self._do("read", self._js.stream_info(stream))

    def _do(self, done: str, work: Coroutine[Any, Any, _Result]) -> _Result:
        with self._doing(done):
            return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    @contextmanager
    def _doing(self, done: str) -> Iterator[None]:
        try:
            yield
        except (nats.errors.Error, OSError, TimeoutError, ValueError) as error:
            raise unavailable(self.name, done, error) from error

    def _end_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_SECONDS)
        self._loop.close()
