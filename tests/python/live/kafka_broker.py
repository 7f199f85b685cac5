"""A server of Kafka's protocol on a free port of loopback, for tests: noida-db, a single binary.

It is not Apache Kafka, whose jars no package brings. It answers all that the log asks of a broker.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from live.ports import free_port, wait_for_port


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
        wait_for_port(self.port, self._process)

    def stop(self) -> None:
        """As its operator does: what it has is on disk."""
        assert self._process is not None
        self._process.terminate()
        self._process.wait()


@contextmanager
def kafka_broker(folder: Path) -> Iterator[KafkaBroker]:
    port = free_port()
    folder.mkdir(parents=True, exist_ok=True)
    broker = KafkaBroker(folder, port)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()
