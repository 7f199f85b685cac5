"""The event log on a NATS server: two streams of JetStream, for events and for dead letters.

Each source has a subject, and each event is a CloudEvent in structured mode, whose id the server
uses to drop duplicates. The server acknowledges what it has written; whether it then has reached
the disk is the server's setting: `sync_interval: always` under `jetstream` (docs/live.md).
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from threading import Thread
from typing import Any, TypeVar
from urllib.parse import quote, unquote, urlsplit
from uuid import uuid4

from storehouse.core.errors import ConfigError
from storehouse.log.event_log import READ_BYTES, Retention, unavailable
from storehouse.log.events import DeadLetter, Event, as_json, from_json

try:
    import nats
    import nats.errors
    from nats.aio.client import Client
    from nats.js import JetStreamContext
    from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, StreamConfig, StreamState
    from nats.js.errors import NotFoundError

    from storehouse.log.jetstream_letters import DEAD, DEAD_SUBJECT, Letters
    from storehouse.log.publishing import Message, number_of, publish_all
except ImportError as error:
    raise ConfigError(
        "An event log on NATS needs the extra `nats`: run `make env`, or "
        "`pip install 'storehouse[nats]'`."
    ) from error

_EVENTS = "storehouse_events"
_SUBJECT = "storehouse.events."
_PORT = 4222
_SECONDS = 5.0
_PUBLISHED_AT_ONCE = 1_000
_POLL_SECONDS = 0.02
_FETCHED_AT_ONCE = 500
# A dead letter's body may grow so much as JSON, and a message has more than its body.
_MOST_ESCAPED = 8
_Result = TypeVar("_Result")


class JetStreamLog:
    """See event_log.EventLog. Raises SourceUnavailable if the server can't be reached.

    Its connection lives in an event loop of its own thread, for callers of any thread; it is
    restored after the server was away.
    """

    def __init__(self, url: str, duplicate_window: timedelta, *, prepared: bool = True) -> None:
        """With `prepared`, streams that are missing are created, and remember ids for at least
        `duplicate_window`; otherwise the server is left as it is.
        """
        self.name = _shown(url)
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="nats", daemon=True)
        self._thread.start()
        try:
            self._client = self._do("opened", _client_of(url))
            self._js = JetStreamContext(self._client, timeout=_SECONDS)
            self._letters = Letters(self._js)
            if prepared:
                self._do("opened", _prepare(self._js, duplicate_window))
            self.identity = self._do("opened", _identity(self._js))
        except BaseException:
            self.close()
            raise
        self.largest: int | None = self._client.max_payload // _MOST_ESCAPED

    def append(self, events: Sequence[Event]) -> int:
        self._do("written", self._published(events))
        return self.end()

    def read(self, offset: int, limit: int) -> list[tuple[int, Event]]:
        return self._do("read", self._read(offset, limit))

    def end(self) -> int:
        return int(self._state(_EVENTS).last_seq)

    def appended_at(self, offset: int) -> datetime | None:
        return self._do("read", self._appended_at(offset))

    def oldest(self) -> int:
        return max(int(self._state(_EVENTS).first_seq) - 1, 0)

    def trim(self, retention: Retention, needed: int, now: datetime) -> int:
        return self._do("trimmed", self._trimmed(retention, needed, now))

    def bury(self, letters: Sequence[DeadLetter]) -> None:
        self._do("written", self._letters.bury(letters))

    def dead_letters(self, limit: int) -> list[tuple[int, DeadLetter]]:
        return self._do("read", self._letters.newest(limit))

    def read_dead(self, number: int, limit: int) -> list[tuple[int, DeadLetter]]:
        return self._do("read", self._letters.after(number, limit))

    def rebury(self, number: int, letter: DeadLetter) -> int:
        return self._do("written", self._letters.rebury(number, letter))

    def drop(self, numbers: Sequence[int]) -> int:
        return self._do("written", self._letters.drop(numbers))

    def dead_count(self) -> int:
        return int(self._state(DEAD).messages)

    def size(self) -> int:
        return int(self._state(_EVENTS).bytes)

    def close(self) -> None:
        if client := getattr(self, "_client", None):
            with suppress(Exception):  # the server may be gone
                asyncio.run_coroutine_threadsafe(client.close(), self._loop).result(_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_SECONDS)
        self._loop.close()

    async def _published(self, events: Sequence[Event]) -> None:
        for start in range(0, len(events), _PUBLISHED_AT_ONCE):
            messages = [
                Message(
                    _SUBJECT + _token(one.source),
                    as_json(one).encode(),
                    number_of(one.source, one.id),
                )
                for one in events[start : start + _PUBLISHED_AT_ONCE]
            ]
            await publish_all(self._client, messages, _SECONDS)

    async def _read(self, offset: int, limit: int) -> list[tuple[int, Event]]:
        """Through a consumer that is removed again, by the server if this process is killed."""
        state = await _state(self._js, _EVENTS)
        first = max(offset + 1, state.first_seq)
        if first > state.last_seq:
            return []
        config = ConsumerConfig(
            name=uuid4().hex,
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=first,
            ack_policy=AckPolicy.NONE,
            inactive_threshold=_SECONDS,
            mem_storage=True,
        )
        average = state.bytes // max(state.messages, 1) + 1
        found: list[tuple[int, Event]] = []
        size = 0
        created = await self._js.add_consumer(_EVENTS, config)
        wanted = min(limit, created.num_pending or 0)  # there may be gaps
        consumer = await self._js.pull_subscribe_bind(consumer=created.name, stream=_EVENTS)
        try:
            while len(found) < wanted and size < READ_BYTES:
                fitting = (READ_BYTES - size) // average + 1
                count = min(_FETCHED_AT_ONCE, wanted - len(found), fitting)
                for message in await consumer.fetch(count, timeout=_SECONDS):
                    number = message.metadata.sequence.stream
                    source = unquote(message.subject.removeprefix(_SUBJECT))
                    text = message.data.decode(errors="backslashreplace")
                    size += len(message.data)
                    found.append((number, from_json(text, source, number)))
        finally:
            await consumer.unsubscribe()
            await self._js.delete_consumer(_EVENTS, created.name)
        return found

    async def _trimmed(self, retention: Retention, needed: int, now: datetime) -> int:
        state = await _state(self._js, _EVENTS)
        if not state.messages:
            return 0
        surplus = max(state.bytes - retention.size, 0)
        too_many = -(-surplus * state.messages // state.bytes)  # of average size, rounded up
        young = await self._first_since(now - retention.age, state)
        kept_from = min(max(young, state.first_seq + too_many), needed + 1, state.last_seq + 1)
        if kept_from > state.first_seq:
            await self._js.purge_stream(_EVENTS, seq=kept_from)
        return int(state.messages - (await _state(self._js, _EVENTS)).messages)

    async def _appended_at(self, offset: int) -> datetime | None:
        try:  # there may be gaps
            message = await self._js.get_msg(_EVENTS, offset + 1, _SUBJECT + ">", next=True)
        except NotFoundError:
            return None
        return message.time

    async def _first_since(self, moment: datetime, state: StreamState) -> int:
        """The number of the first event appended at or after `moment`, by bisection."""
        low, high = state.first_seq, state.last_seq + 1
        gap = high
        while low < high:
            middle = (low + high) // 2
            try:  # there may be gaps
                message = await self._js.get_msg(_EVENTS, middle, _SUBJECT + ">", next=True)
            except NotFoundError:
                high = gap = middle
                continue
            if message.time is not None and message.time < moment:
                low = int(message.seq or middle) + 1
            else:
                high = middle
        return int(low if low < gap else state.last_seq + 1)

    def _state(self, stream: str) -> StreamState:
        return self._do("read", _state(self._js, stream))

    def _do(self, done: str, work: Coroutine[Any, Any, _Result]) -> _Result:
        with self._doing(done):
            return asyncio.run_coroutine_threadsafe(self._connected(work), self._loop).result()

    async def _connected(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        """Wait for the connection first: the client would keep what is sent without one."""
        client = getattr(self, "_client", None)
        try:
            async with asyncio.timeout(_SECONDS):
                # Its callbacks come later than its state changes.
                while client is not None and not client.is_connected:  # noqa: ASYNC110
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError:
            work.close()
            raise TimeoutError("the server is away") from None
        return await work

    @contextmanager
    def _doing(self, done: str) -> Iterator[None]:
        try:
            yield
        except (nats.errors.Error, OSError, TimeoutError) as error:
            raise unavailable(self.name, done, error) from error


async def _client_of(url: str) -> Client:
    async def ignored(_: Exception) -> None:
        """Each call raises its own errors; these are of the connection, which is restored."""

    return await asyncio.wait_for(
        nats.connect(url, error_cb=ignored, max_reconnect_attempts=-1, reconnect_time_wait=0.5),
        _SECONDS,
    )


async def _prepare(js: JetStreamContext, duplicate_window: timedelta) -> None:
    """Create streams that are missing; of others, widen the duplicate window if it is too short.

    Their other settings are their operator's. A window can't be longer than `max_age`.
    """
    for name, subject in ((_EVENTS, _SUBJECT + ">"), (DEAD, DEAD_SUBJECT)):
        seconds = duplicate_window.total_seconds()
        try:
            found = (await js.stream_info(name)).config
        except NotFoundError:
            config = StreamConfig(name=name, subjects=[subject], duplicate_window=seconds)
            await js.add_stream(config)
            continue
        seconds = min(seconds, found.max_age or seconds)
        if found.duplicate_window < seconds:
            await js.update_stream(found.evolve(duplicate_window=seconds))


async def _identity(js: JetStreamContext) -> str:
    """When the stream of events was created."""
    try:
        return str((await js.stream_info(_EVENTS)).created)
    except NotFoundError:
        raise OSError(
            f"it has no stream {_EVENTS} yet, which `storehouse receive` and `load` create"
        ) from None


async def _state(js: JetStreamContext, stream: str) -> StreamState:
    return (await js.stream_info(stream)).state


def _shown(url: str) -> str:
    """The address without user and password. Raises ConfigError."""
    try:
        address = urlsplit(url)
        port = address.port or _PORT
    except ValueError as error:
        raise ConfigError("STOREHOUSE_EVENT_LOG is not the URL of a NATS server.") from error
    return f"{address.scheme}://{address.hostname}:{port}"


def _token(source: str) -> str:
    """The source as one part of a subject."""
    return quote(source, safe="").replace(".", "%2E")
