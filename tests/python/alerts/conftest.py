from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.found import Found
from alerts.receiver import Receiver, http_receiver


@pytest.fixture
def found(tmp_path: Path) -> Found:
    """A home without targets, quiet hours and damping."""
    home = Found(tmp_path / "home")
    home.declare(clear_after=1)
    return home


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """A server whose address is in ALERTS_CHAT_URL."""
    with http_receiver() as receiver:
        monkeypatch.setenv("ALERTS_CHAT_URL", receiver.url)
        yield receiver
