"""Signed webhooks, sent at a rate over connections that stay open, by a process of its own.

A client library takes several times the processor time of these few lines, and what sends
shares the machine with what is measured.
"""

from __future__ import annotations

import math
import multiprocessing
import selectors
import socket
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from urllib.parse import urlsplit

from storehouse.core.errors import ProofError
from storehouse.live.receiver.signatures import sign
from storehouse.log.events import Event, as_json
from storehouse.sources.events.declaration import Signature

_TICK_SECONDS = 0.002
_WAIT_SECONDS = 60.0


@dataclass(frozen=True)
class Hook:
    """Where webhooks go, and how they are signed."""

    url: str
    signature: Signature
    secret: bytes

    def requests(self, events: Sequence[Event], rate: float = math.inf) -> list[bytes]:
        """Signed before any clock runs, for the moments at which they are due from now on."""
        parts = urlsplit(self.url)
        now = time.time()
        found = []
        for number, event in enumerate(events):
            body = as_json(event).encode()
            headers = {
                "host": parts.netloc,
                "content-type": "application/cloudevents+json",
                "content-length": str(len(body)),
                **sign(self.signature, self.secret, body, event.id, now + number / rate),
            }
            head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            found.append(f"POST {parts.path} HTTP/1.1\r\n{head}\r\n".encode() + body)
        return found


@dataclass(frozen=True)
class Sent:
    """When each request was sent and answered, by time.monotonic, in the order of requests."""

    begun: float
    sent: Sequence[float]
    answered: Sequence[float]

    @property
    def seconds(self) -> float:
        """Until the last answer."""
        return max(self.answered) - self.begun

    @property
    def a_second(self) -> float:
        return len(self.answered) / self.seconds

    @property
    def waits(self) -> list[float]:
        """Milliseconds until each answer."""
        return [(there - gone) * 1000 for gone, there in zip(self.sent, self.answered, strict=True)]


def send(url: str, requests: Sequence[bytes], connections: int, rate: float = math.inf) -> Sent:
    """Send each when it is due and a connection is free.

    Raises ProofError for an answer other than 200, or without one for a minute.
    """
    parts = urlsplit(url)
    gone, there = [0.0] * len(requests), [0.0] * len(requests)
    with ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        free: deque[_Line] = deque()
        for _ in range(connections):
            line = stack.enter_context(
                socket.create_connection((parts.hostname or "", parts.port or 80))
            )
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            free.append(_Line(line))
            selector.register(line, selectors.EVENT_READ, free[-1])
        begun = time.monotonic()
        sent = answered = 0
        while answered < len(requests):
            elapsed = time.monotonic() - begun
            due = len(requests) if math.isinf(rate) else min(int(elapsed * rate) + 1, len(requests))
            while free and sent < due:
                gone[sent] = time.monotonic()
                free[0].ask(sent, requests[sent])
                free.popleft()
                sent += 1
            has_more = bool(free) and sent < len(requests)
            ready = selector.select(_TICK_SECONDS if has_more else _WAIT_SECONDS)
            if not ready and not has_more:
                raise ProofError(f"{url} has not answered for {_WAIT_SECONDS:.0f} s.")
            for key, _ in ready:
                if key.data.is_answered():
                    there[key.data.number] = time.monotonic()
                    answered += 1
                    free.append(key.data)
    return Sent(begun, gone, there)


@dataclass
class _Line:
    """A connection, the number of the request that it carries, and what is answered so far."""

    line: socket.socket
    number: int = -1
    answer: bytes = b""

    def ask(self, number: int, request: bytes) -> None:
        self.number, self.answer = number, b""
        self.line.sendall(request)

    def is_answered(self) -> bool:
        """Read what there is; whether that is all. Raises ProofError unless it is 200."""
        some = self.line.recv(65_536)
        self.answer += some
        head, has_head, body = self.answer.partition(b"\r\n\r\n")
        if not some or (has_head and not head.startswith(b"HTTP/1.1 200")):
            raise ProofError(f"An event was not taken: {self.answer!r}.")
        if not has_head:
            return False
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        return len(body) >= int(length)


class Sender:
    """A process that sends; `pid` is its own."""

    def __init__(self, hook: Hook, connections: int) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._end, other = spawn.Pipe()
        self._process = spawn.Process(
            target=_keep_sending, args=(hook, connections, other), daemon=True
        )
        self._process.start()
        other.close()
        self._events: Sequence[Event] = ()

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    def prepare(self, events: Sequence[Event], rate: float) -> None:
        """Have them signed. Raises ProofError."""
        self._events = events
        self._end.send((events, rate))
        self._heard()

    def send(self) -> tuple[Sent, Mapping[str, float]]:
        """Send what was prepared; also when each event was answered, by id. Raises ProofError."""
        self._end.send(None)
        sent = self._heard()
        if not isinstance(sent, Sent):
            raise TypeError("a sender answers with what was sent")
        ids = (event.id for event in self._events)
        return sent, dict(zip(ids, sent.answered, strict=True))

    def stop(self) -> None:
        self._end.close()
        self._process.join()

    def _heard(self) -> Sent | None:
        try:
            heard: Sent | str | None = self._end.recv()
        except EOFError:
            raise ProofError("The sender ended early, for the reason above.") from None
        if isinstance(heard, str):
            raise ProofError(heard)
        return heard


@contextmanager
def sender(hook: Hook, connections: int) -> Iterator[Sender]:
    """A sender, as long as the block."""
    found = Sender(hook, connections)
    try:
        yield found
    finally:
        found.stop()


def _keep_sending(hook: Hook, connections: int, end: Connection) -> None:
    while True:
        try:
            events, rate = end.recv()
            requests = hook.requests(events, rate)
            end.send(None)
            end.recv()
        except EOFError:
            return
        try:
            end.send(send(hook.url, requests, connections, rate))
        except (ProofError, OSError) as error:
            end.send(str(error))
