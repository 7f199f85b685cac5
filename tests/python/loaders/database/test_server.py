"""The command that makes a PostgreSQL of one's own."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from loaders.database.live import run, server_folder
from servers import postgresql

COMMAND = Path(postgresql.__file__)


@pytest.fixture
def folder() -> Iterator[Path]:
    parent = Path(tempfile.mkdtemp())
    try:
        yield server_folder(parent)
    finally:
        command("stop", parent / "server")
        shutil.rmtree(parent)


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False
    )


def test_a_server_starts_stops_and_comes_back_with_its_data(folder: Path) -> None:
    first = command("start", folder)
    assert first.returncode == 0, first.stderr
    url = first.stdout.strip()
    assert url.startswith("postgresql://storehouse:")
    run(url, "create table t (a int)")
    assert command("start", folder).stdout.strip() == url
    assert command("stop", folder).returncode == 0
    assert command("stop", folder).returncode == 0
    assert command("start", folder).stdout.strip() == url
    run(url, "insert into t values (1)")
    assert (folder / "url").stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_used_is_named(folder: Path) -> None:
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "postmaster.pid").write_text("no server")
    (folder / "url").write_text("postgresql://storehouse:word@127.0.0.1:1/storehouse\n")
    failed = command("start", folder)
    assert failed.returncode == 1
    assert f"pg_ctl failed in {folder} as user" in failed.stderr
    assert "word" not in failed.stderr


def test_without_postgresql_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(postgresql, "_DEBIAN", Path("/nowhere"))
    with pytest.raises(postgresql.ServerError, match="apt-get install postgresql"):
        postgresql.start(Path("/nowhere"))
