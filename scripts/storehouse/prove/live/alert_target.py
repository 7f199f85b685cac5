"""A target of alerts: a real HTTP server on this machine that keeps what it was sent, and when."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, TypeVar


@dataclass
class AlertTarget:
    """What arrived, in order, and when by time.monotonic.

    `status` is its answer; `received` is called before it answers.
    """

    port: int = 0
    status: int = 200
    received: Callable[[], object] = bool
    messages: list[dict[str, Any]] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)
    released: Event = field(default_factory=Event)

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.port}/hook"

    @property
    def titles(self) -> list[str]:
        return [message["title"] for message in self.messages]

    @property
    def text(self) -> str:
        return "\n".join(message["message"] for message in self.messages)

    def forget(self) -> None:
        self.messages.clear()
        self.moments.clear()

    def raised(self, rule: str = "") -> Counter[str]:
        """How often each key of a rule, or any, was raised."""
        return Counter(key for key, _ in self._keys(rule))

    def raised_at(self, rule: str = "") -> dict[str, float]:
        """When each key of a rule, or any, was first raised."""
        found: dict[str, float] = {}
        for key, moment in self._keys(rule):
            found.setdefault(key, moment)
        return found

    def raised_together(self, rule: str = "") -> list[set[str]]:
        """The keys of a rule, or any, of each message that raises any, in order."""
        found: dict[float, set[str]] = {}
        for key, moment in self._keys(rule):
            found.setdefault(moment, set()).add(key)
        return [*found.values()]

    def _keys(self, rule: str) -> Iterator[tuple[str, float]]:
        """A line of a message ends with the key of its alert, in brackets."""
        for message, moment in zip(list(self.messages), list(self.moments), strict=False):
            if message["type"] == "success":  # what was cleared
                continue
            for line in message["message"].splitlines():
                if line.endswith("]") and f"[{rule}" in line:
                    yield line[line.rindex("[") + 1 : -1], moment


Target = TypeVar("Target", bound=AlertTarget)


@contextmanager
def taking(target: Target) -> Iterator[Target]:
    """Have a target take alerts at a free port, as long as the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            target.moments.append(time.monotonic())
            target.messages.append(json.loads(body))
            target.received()
            self.send_response(target.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        target.port = server.server_address[1]
        serving = Thread(target=server.serve_forever, daemon=True)
        serving.start()
        try:
            yield target
        finally:
            target.released.set()
            server.shutdown()
            serving.join()
