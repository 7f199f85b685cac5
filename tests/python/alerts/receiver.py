"""Real servers on this machine that take messages: HTTP and SMTP."""

from __future__ import annotations

import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from storehouse.prove.live.alert_target import AlertTarget, taking


class Receiver(AlertTarget):
    """A target whose address holds a password."""

    @property
    def url(self) -> str:
        return f"json://user:s3cret-canary@127.0.0.1:{self.port}/hook"

    @property
    def mattermost_url(self) -> str:
        """The same server as one that Apprise takes for Mattermost, with its limit of 4,000."""
        return f"mmost://127.0.0.1:{self.port}/{'t' * 26}"


@contextmanager
def http_receiver() -> Iterator[Receiver]:
    with taking(Receiver()) as receiver:
        yield receiver


@contextmanager
def smtp_receiver() -> Iterator[tuple[int, list[str]]]:
    """The port of a mail server, and the mails that it took."""
    mails: list[str] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say("220 ready")
            while line := self.rfile.readline().decode().strip():
                match line.split()[0].upper():
                    case "DATA":
                        self._say("354 go on")
                        mails.append(self._data())
                        self._say("250 taken")
                    case "QUIT":
                        self._say("221 bye")
                        return
                    case _:
                        self._say("250 fine")

        def _data(self) -> str:
            lines = []
            while (line := self.rfile.readline().decode().rstrip("\r\n")) != ".":
                lines.append(line)
            return "\n".join(lines)

        def _say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        serving = Thread(target=server.serve_forever, daemon=True)
        serving.start()
        try:
            yield server.server_address[1], mails
        finally:
            server.shutdown()
            serving.join()
