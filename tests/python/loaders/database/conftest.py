from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from loaders.database.live import LiveShop, new_database, server_folder
from loaders.project import Project
from servers.postgresql import running

_numbers = itertools.count()


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The URL of a PostgreSQL. pytest's own folders are closed to the user it runs as."""
    folder = Path(tempfile.mkdtemp())
    try:
        with running(server_folder(folder)) as url:
            yield url
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def shop(server: str, tmp_path: Path) -> LiveShop:
    return LiveShop(Project(tmp_path / "project"), new_database(server, f"shop{next(_numbers)}"))
