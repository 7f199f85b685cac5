from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from loaders.http_files.web import Web
from loaders.project import Project
from loaders.rest.server import Api, serving


@pytest.fixture
def web(tmp_path: Path) -> Iterator[Web]:
    """A source with the file /files/t.csv."""
    with serving(Api()) as api:
        made = Web(Project(tmp_path / "project"), api)
        made.project.root.mkdir()
        api.routes["/files/t.csv"] = made.file
        made.declare()
        yield made
