from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from servers import medusa, medusa_install
from servers.medusa_server import Address


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """These tests install and start servers: they run where that is asked for."""
    if not os.environ.get("STOREHOUSE_TEST_SERVERS"):
        mark = pytest.mark.skip(reason="needs servers: make test-servers")
        for item in items:
            if Path(__file__).parent in item.path.parents:
                item.add_marker(mark)


@contextmanager
def _fresh(environ: Mapping[str, str]) -> Iterator[Address]:
    """A fresh Medusa; its programs stay in var, or in MEDUSA_APP, for the next time."""
    app = Path(os.environ.get("MEDUSA_APP") or medusa_install.DEFAULT_APP)
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)  # PostgreSQL runs as a user of its own
    try:
        with medusa.running(folder, app, environ) as address:
            yield address
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def fresh_medusa() -> Callable[[Mapping[str, str]], AbstractContextManager[Address]]:
    """Of an environment, which may name the receiver that it posts to."""
    return _fresh


@pytest.fixture(scope="session")
def medusa_server() -> Iterator[Address]:
    with _fresh({}) as address:
        yield address
