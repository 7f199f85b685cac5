"""A server of Kafka's protocol on a free port of loopback, for tests: noida-db, a single binary.

It is not Apache Kafka, whose jars no package brings. It answers all that the log asks of a broker.
"""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path


@dataclass
class KafkaBroker:
    """Its topics live below `folder`."""

    folder: Path
    port: int
    _process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"kafka://127.0.0.1:{self.port}/events"

    def start(self) -> None:
        found = find_spec("noida_db")
        assert found is not None
        assert found.origin is not None
        binary = Path(found.origin).with_name("noida-db")
        binary.chmod(0o755)  # as its own command does
        only = ["--only", "kafka", "--kafka-port", str(self.port)]
        self._process = subprocess.Popen(
            [str(binary), "start", "--data-dir", str(self.folder), *only],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                assert self._process.poll() is None
                assert time.monotonic() < until
                time.sleep(0.05)
                continue
            return

    def stop(self) -> None:
        """As its operator does: what it has is on disk."""
        assert self._process is not None
        self._process.terminate()
        self._process.wait()


@contextmanager
def kafka_broker(folder: Path) -> Iterator[KafkaBroker]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder.mkdir(parents=True, exist_ok=True)
    broker = KafkaBroker(folder, port)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()
