"""Measures the landing of a REST source beside bare requests for the same pages, in one run.

The server is a process of its own that answers from memory. `bare` asks for the pages one
after another over one connection and parses them; `landing` is storehouse's, which stores
each page in a transaction. Both clock themselves without the start of Python.

    python scripts/bench_rest.py [--records N] [--sizes N ...] [--repeat N]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from bench_source import LANDING, Cost, clocked, declare, median

_VARIABLE = "BENCH_REST_URL"
_CONNECTION = {"kind": "rest", "url_variable": _VARIABLE}
_TABLE = {
    "path": "/orders",
    "records": "orders",
    "key": ["id"],
    "paging": {"kind": "cursor", "param": "after", "cursor": "next"},
}
_COLUMNS = (
    "id", "customer_id", "sku", "amount", "tax", "currency", "is_paid", "placed_at", "updated_at",
    "address",
)  # fmt: skip

_BARE = """
import json, os, time
import httpx
begun = time.perf_counter()
records, after = 0, ""
with httpx.Client(base_url=os.environ["BENCH_REST_URL"]) as client:
    while after is not None:
        answer = json.loads(client.get("/orders", params={"after": after}).content)
        records += len(answer["orders"])
        after = answer["next"]
print(records, time.perf_counter() - begun)
"""


@dataclass(frozen=True)
class Measured:
    """What `records` in pages of `size` took."""

    records: int
    size: int
    bare: Cost
    landing: Cost

    @property
    def ratio(self) -> float:
        return self.landing.seconds / self.bare.seconds

    def __str__(self) -> str:
        shown = ", ".join(
            f"{name} {cost.seconds:.2f} s ({self.records / cost.seconds:,.0f} records/s)"
            for name, cost in (("bare requests", self.bare), ("landing", self.landing))
        )
        return (
            f"REST, {self.records:,} records in pages of {self.size:,}: {shown}; landing takes "
            f"{self.ratio:.2f} times bare requests."
        )


def measure(records: int, size: int, runs: int) -> Measured:
    """Land `records` in pages of `size`, `runs` times in turn with bare requests."""
    bare, landing = [], []
    with _server(records, size) as url:
        for _ in range(runs):
            with tempfile.TemporaryDirectory(prefix="storehouse-bench-") as name:
                folder, environ = Path(name), {_VARIABLE: url}
                declare(folder, _CONNECTION, _TABLE, _COLUMNS)
                bare.append(clocked(_BARE, [], records, environ, folder))
                landing.append(clocked(LANDING, ["rest"], records, environ, folder))
    return Measured(records, size, median(bare), median(landing))


def _record(number: int) -> dict[str, object]:
    return {
        "id": f"O{number:09}",
        "customer_id": number % 5_000,
        "sku": f"SKU-{number % 9_999}",
        "amount": number % 977 + 0.25,
        "tax": f"{number % 500 * 0.19:.2f}",
        "currency": "EUR",
        "is_paid": number % 2 == 0,
        "placed_at": "2025-01-01T10:00:00Z",
        "updated_at": "2025-01-01T10:00:00Z",
        "address": {"city": "Berlin", "country": "DE"},
    }


def _pages(records: int, size: int) -> list[bytes]:
    starts = range(0, records, size)
    return [
        json.dumps(
            {
                "orders": [_record(n) for n in range(start, min(start + size, records))],
                "next": str(number + 1) if number + 1 < len(starts) else None,
            }
        ).encode()
        for number, start in enumerate(starts)
    ]


def _serve(records: int, size: int, address: Connection) -> None:
    pages = _pages(records, size)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            (after,) = parse_qs(urlsplit(self.path).query).get("after", ["0"])
            body = pages[int(after)]
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        address.send(f"http://127.0.0.1:{server.server_port}")
        server.serve_forever()


@contextmanager
def _server(records: int, size: int) -> Iterator[str]:
    receiver, sender = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.Process(target=_serve, args=(records, size, sender), daemon=True)
    process.start()
    try:
        yield receiver.recv()
    finally:
        process.terminate()
        process.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--records", type=int, default=50_000, help="how many")
    parser.add_argument("--sizes", type=int, nargs="*", default=[100, 1_000], help="page sizes")
    parser.add_argument("--repeat", type=int, default=3, help="runs; medians count")
    arguments = parser.parse_args()
    for size in arguments.sizes:
        print(measure(arguments.records, size, arguments.repeat))


if __name__ == "__main__":
    main()
