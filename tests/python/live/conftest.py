from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

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


@pytest.fixture(params=["sqlite"])
def place(tmp_path: Path) -> Place:
    """An empty log."""
    return Place(str(tmp_path / "live" / "log.sqlite"))
