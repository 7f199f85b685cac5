"""A real HTTP server on loopback: strict about what it is asked, misbehaving on demand."""

from __future__ import annotations

import base64
import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode, urlsplit


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    connection: int

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What goes back. `then` breaks it: `reset`, `truncate`, `hang`, `drip` or nothing.

    With `unsaid` nobody is told how long the body is: it ends with the connection. `chunked`
    sends it in chunks, `unended` too but for the last one, which would say that it is whole.
    """

    body: str | bytes = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    then: str = ""


Handler = Callable[[Request], Reply]


@dataclass
class Api:
    """Routes by path; `faults` answer instead of them, one a request, None to let it pass."""

    routes: dict[str, Handler] = field(default_factory=dict)
    faults: list[Reply | Callable[[Request], Reply | None] | None] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    address: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)
    over: threading.Event = field(default_factory=threading.Event)
    die: Callable[[], None] = lambda: None

    def answer(self, request: Request) -> Reply:
        with self.lock:
            self.requests.append(request)
            fault = self.faults.pop(0) if self.faults else None
        reply = fault(request) if callable(fault) else fault
        if reply is not None:
            return reply
        route = self.routes.get(request.path)
        return route(request) if route else Reply('{"message": "no such path"}', 404)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        api = cast("_Server", self.server).api
        length = int(self.headers.get("Content-Length") or 0)
        address = urlsplit(self.path)
        reply = api.answer(
            Request(
                self.command,
                address.path,
                dict(parse_qsl(address.query, keep_blank_values=True)),
                {name.lower(): value for name, value in self.headers.items()},
                self.rfile.read(length),
                self.client_address[1],
            )
        )
        if reply.then == "hang":
            api.over.wait(20)
            self.close_connection = True
            return
        self._send(reply, api)

    do_POST = do_GET  # noqa: N815

    def _send(self, reply: Reply, api: Api) -> None:
        body = reply.body.encode() if isinstance(reply.body, str) else reply.body
        self._send_head(reply, len(body))
        self.close_connection |= reply.then in ("unsaid", "unended")
        if reply.then == "drip":
            for byte in body:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                if api.over.wait(0.05):
                    break
        elif reply.then in ("chunked", "unended"):
            for at in range(0, len(body), 7):
                piece = body[at : at + 7]
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n" if reply.then == "chunked" else b"")
        elif reply.then in ("truncate", "reset"):
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            if reply.then == "reset":
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close() if reply.then == "reset" else self.connection.shutdown(2)
            self.close_connection = True
        else:
            self.wfile.write(body)

    def _send_head(self, reply: Reply, length: int) -> None:
        given = {"date": self.date_time_string(), "content-type": "application/json"}
        if reply.then in ("chunked", "unended"):
            given["transfer-encoding"] = "chunked"
        elif reply.then != "unsaid":
            given["content-length"] = str(length)
        given |= {name.lower(): value for name, value in reply.headers.items()}
        self.send_response_only(reply.status)
        for name, value in given.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass

    def handle(self) -> None:
        try:
            super().handle()
        except (OSError, ValueError):
            self.close_connection = True


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, api: Api) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.api = api

    def handle_error(self, *_: object) -> None:
        """A connection that was broken on purpose is no news."""

    def shutdown_request(self, request: Any) -> None:
        try:
            super().shutdown_request(request)
        except OSError:
            request.close()


@contextmanager
def serving(api: Api) -> Iterator[Api]:
    server = _Server(api)
    api.address = f"http://127.0.0.1:{server.server_address[1]}"

    def die() -> None:
        """Go away in the middle of whatever is under way."""
        api.over.set()
        server.shutdown()
        server.server_close()

    api.die = die
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield api
    finally:
        die()


@dataclass
class Listing:
    """A list of records, each a JSON text with `id` and `updated_at`, served in every way.

    Strict: a parameter it does not know is refused with 400.
    """

    name: str = "orders"
    records: list[dict[str, Any]] = field(default_factory=list)
    heeds_filter: bool = True
    most: int = 100
    wrap: bool = True
    bare_links: bool = False

    def add(self, number: int, updated_at: str = "2026-01-01T00:00:00Z", **members: Any) -> None:
        self.records = [r for r in self.records if r["id"] != number]
        self.records.append({"id": number, "updated_at": updated_at, **members})

    def __call__(self, request: Request) -> Reply:
        known = {
            "page",
            "per_page",
            "offset",
            "limit",
            "after",
            "since_id",
            "since",
            "until",
            "fields",
        }
        if unknown := set(request.query) - known:
            return Reply(json.dumps({"message": f"unknown: {unknown}"}), 400)
        query = request.query
        found = sorted(self.records, key=lambda r: (r["updated_at"], r["id"]))
        if self.heeds_filter:
            since, until = query.get("since", ""), query.get("until", "~")
            found = [r for r in found if since <= r["updated_at"] < until]
        total = len(found)
        size = min(int(query.get("limit") or query.get("per_page") or 3), self.most)
        start = 0
        if "page" in query:
            start = (int(query["page"]) - 1) * size
        elif "offset" in query:
            start = int(query["offset"])
        elif "after" in query:
            start = int(base64.b64decode(query["after"]))
        elif "since_id" in query:
            found = sorted(found, key=lambda r: int(r["id"]))
            found = [r for r in found if r["id"] > int(query["since_id"])]
        page = found[start : start + size]
        more = start + size < len(found)
        cursor = base64.b64encode(str(start + size).encode()).decode() if more else None
        next_query = urlencode({**query, "after": cursor or ""})
        address = f"{'' if self.bare_links else request.path}?{next_query}"
        headers = {"Link": f'<{address}>; rel="next"'} if more else {}
        text = "[" + ", ".join(written(record) for record in page) + "]"
        if self.wrap:
            text = (
                f'{{"{self.name}": {text}, "count": {total}, "meta": {{"next": '
                f'{json.dumps(cursor)}, "more": {json.dumps(more)}, '
                f'"link": {json.dumps(address if more else None)}}}}}'
            )
        return Reply(text, headers=headers)


class Raw(str):
    """JSON text that goes out as it is."""

    __slots__ = ()


def written(value: Any) -> str:
    """JSON in which Raw stands as written."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, dict):
        members = (f"{json.dumps(name)}: {written(one)}" for name, one in value.items())
        return "{" + ", ".join(members) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return json.dumps(value)
