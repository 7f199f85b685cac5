from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from alerts.found import Found
from alerts.receiver import Receiver, http_receiver
from storehouse.cli.main import main

Command = Callable[..., tuple[int, str, str]]


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


@pytest.fixture
def command(
    found: Found, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Runs `storehouse ARGUMENTS` in the home; its exit code and what it printed."""
    monkeypatch.setenv("STOREHOUSE_HOME", str(found.path))
    monkeypatch.setenv("STOREHOUSE_ALERTS", str(found.settings.alerts_file))

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["storehouse", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        output = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, output.out, output.err

    return run
