from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from loaders.database.lite import LiteShop, lite_shop
from loaders.database.live import LiveShop, run, server_folder
from loaders.project import Project
from servers.postgresql import ServerError, binaries, running

_numbers = itertools.count()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a PostgreSQL only SQLite is tested."""
    try:
        binaries()
    except ServerError as error:
        mark = pytest.mark.skip(reason=str(error))
        for item in items:
            here = item.path.parent == Path(__file__).parent
            if here and not item.path.stem.startswith("test_sqlite"):
                item.add_marker(mark)


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
def shop(server: str, tmp_path: Path) -> Iterator[LiveShop]:
    """A shop in a schema of its own, which is where its URL looks for tables."""
    name = f"shop{next(_numbers)}"
    run(server, f"create schema {name}")
    yield LiveShop(Project(tmp_path / "project"), f"{server}?options=-csearch_path%3D{name},public")
    run(server, f"drop schema {name} cascade")


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[LiteShop]:
    """A shop in a SQLite file, without tables."""
    with lite_shop(tmp_path) as made:
        yield made
