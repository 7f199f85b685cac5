"""The admin API of an invented shop, on a free port of loopback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qsl, urlsplit

from storehouse.prove.medusa.answers import written
from storehouse.prove.medusa.shop import Medusa

_NO_SUCH_PATH = (404, {"message": "no such path"})


@contextmanager
def served(shop: Medusa) -> Iterator[str]:
    """The address of the shop's API, as long as the block. The shop may change meanwhile."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            listing = shop.lists.get(address.path)
            query = dict(parse_qsl(address.query, keep_blank_values=True))
            status, document = listing.answer(query) if listing else _NO_SUCH_PATH
            body = written(document)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Each request is no news."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
