from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from live.kafka_broker import kafka_broker
from live.nats_server import nats_server
from loaders.conftest import small_disk
from storehouse.log.event_log import EventLog, Retention
from storehouse.log.opening import LogAddress

__all__ = ["small_disk"]


@dataclass(frozen=True)
class Place:
    """Where a log is, as STOREHOUSE_EVENT_LOG has it."""

    text: str

    @staticmethod
    def of(text: str) -> Place:
        return Place(text)

    @property
    def address(self) -> LogAddress:
        retention = Retention(timedelta(days=7), 10**9)
        is_url = "://" in self.text
        return LogAddress(None if is_url else Path(self.text), self.text, retention)

    def opened(self) -> AbstractContextManager[EventLog]:
        return self.address.opened()


@pytest.fixture(params=["sqlite", "nats", "kafka"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """An empty log of each kind."""
    if request.param == "sqlite":
        yield Place(str(tmp_path / "live" / "log.sqlite"))
        return
    if request.param == "kafka":
        with kafka_broker(tmp_path / "kafka") as broker:
            yield Place(broker.url)
        return
    with nats_server(tmp_path / "nats") as server:
        yield Place(server.url)
