from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from servers.postgresql import ServerError, binaries, running
from serving.mirrored import Database

_numbers = itertools.count()


@pytest.fixture(scope="module")
def server() -> Iterator[Database]:
    """A PostgreSQL. pytest's own folders are closed to the user it runs as."""
    try:
        binaries()
    except ServerError as error:
        pytest.skip(str(error))
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    try:
        with running(folder / "server") as url:
            yield Database(url)
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def database(server: Database) -> Database:
    """An empty database of that server."""
    name = f"mirror{next(_numbers)}"
    server.run(f"create database {name}")
    return Database(server.url.rpartition("/")[0] + f"/{name}")
