"""A real NATS server with JetStream, which syncs each message, on a free port of loopback."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from live.ports import free_port, wait_for_port


@dataclass
class NatsServer:
    """Its streams live below `folder` and survive `kill`.

    `largest` is the most bytes of a message.
    """

    folder: Path
    port: int
    largest: int = 1024 * 1024
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        config = self.folder / "nats.conf"
        config.write_text(
            f'listen: "127.0.0.1:{self.port}"\nmax_payload: {self.largest}\n'
            f'jetstream {{ store_dir: "{self.folder}", sync_interval: always }}\n'
        )
        command = [str(Path(sys.executable).with_name("nats-server")), "-c", str(config)]
        self._process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_for_port(self.port, self._process)

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()


@contextmanager
def nats_server(folder: Path, largest: int = 1024 * 1024) -> Iterator[NatsServer]:
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    server = NatsServer(folder, port, largest)
    server.start()
    try:
        yield server
    finally:
        server.kill()
